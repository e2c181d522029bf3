// Going to a message, wherever it is: it is looked for, brought into view, marked for a moment, and has the focus.
import type { Room } from '@belfry/client';
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useToast } from '../../design/Toast';
import type { Row } from './rows';

const MARKED_MS = 2_500;
/** For so long a page that comes above it must not lead to another row: where it lands is known by its index only. */
const LANDING_MS = 400;
/** So far up a message is looked for of which only the id is known. */
const MOST_PAGES = 60;

interface Wish {
  room: Room;
  rows: readonly Row[];
  loaded: boolean;
  /** The message that the address names. */
  linked: number | null;
  show(index: number): void;
  focusRow(key: string): void;
}

export interface Jump {
  jump(place: string | number): void;
  /** The row that was gone to. */
  marked: string | null;
  /** On the way to one. */
  going: boolean;
}

export function useJump({ room, rows, loaded, linked, show, focusRow }: Wish): Jump {
  const toast = useToast();
  const [aim, setAim] = useState<{ place: string | number } | null>(
    linked === null ? null : { place: linked },
  );
  const [marked, setMarked] = useState<string | null>(null);
  const asked = useRef<object | null>(null);
  const landing = useRef<{ key: string; until: number } | null>(null);

  // The address names another one. What it named when the room was opened is the first aim.
  const lastLinked = useRef(linked);
  useEffect(() => {
    if (linked !== null && linked !== lastLinked.current) setAim({ place: linked });
    lastLinked.current = linked;
  }, [linked]);

  useLayoutEffect(() => {
    const at = landing.current;
    if (!at || aim) return;
    const index = rows.findIndex((row) => row.key === at.key);
    if (index === -1 || performance.now() > at.until) landing.current = null;
    else show(index);
  }, [aim, rows, show]);

  useLayoutEffect(() => {
    if (!aim) return;
    const index = rows.findIndex((row) => row.kind === 'message' && isAt(row.message, aim.place));
    const row = rows[index];
    if (!row) return;
    landing.current = { key: row.key, until: performance.now() + LANDING_MS };
    asked.current = null;
    show(index);
    focusRow(row.key);
    setMarked(row.key);
    setAim(null);
  }, [aim, rows, show, focusRow]);

  useEffect(() => {
    if (!aim || !loaded || asked.current === aim) return;
    asked.current = aim;
    const wanted = () => asked.current === aim;
    room
      .seek(aim.place)
      // The first one that is known is not shown before there are older ones.
      .then((found) => {
        if (!found) return wanted() && goUp(room, aim.place, wanted);
        if (wanted()) room.loadOlder();
        return true;
      })
      .then((found) => {
        if (found || !wanted()) return;
        setAim((now) => (now === aim ? null : now));
        toast({ text: 'That message cannot be found here.', name: 'jump' });
      });
  }, [aim, loaded, room, toast]);

  useEffect(() => {
    if (marked === null) return;
    const timer = setTimeout(() => setMarked(null), MARKED_MS);
    return () => clearTimeout(timer);
  }, [marked]);

  return { jump: useCallback((place) => setAim({ place }), []), marked, going: aim !== null };
}

/** Looks for a message that only its id is known of: page by page, further up. */
async function goUp(room: Room, place: string | number, wanted: () => boolean): Promise<boolean> {
  if (typeof place === 'number') return false;
  for (let pages = 0; pages < MOST_PAGES && wanted(); pages += 1) {
    const { messages, hasOlder, older } = room.messages.get();
    if (messages.some(({ id }) => id === place)) return true;
    // Ids rise with time: what is above the first one would have come by now.
    if (!hasOlder || older === 'failed' || (messages[0] && messages[0].id < place)) return false;
    room.loadOlder();
    await new Promise<void>((resolve) => {
      const end = room.messages.subscribe(() => {
        if (room.messages.get().older === 'loading') return;
        end();
        resolve();
      });
      if (room.messages.get().older === 'loading') return;
      end();
      resolve();
    });
  }
  return false;
}

function isAt(message: { id: string; seq: number | null }, place: string | number): boolean {
  return message.seq === place || message.id === place;
}
