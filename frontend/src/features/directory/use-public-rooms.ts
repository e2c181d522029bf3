// Public rooms by a part of their name, page by page; asked for when somebody pauses in typing it.
import type { RoomInfo } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, generalSentence } from '../../language/sentences';

const PAUSE_MS = 250;

interface PublicRooms {
  /** `null`: not known yet. Those found stay while the next are looked for. */
  rooms: readonly RoomInfo[] | null;
  nextCursor: string | undefined;
  busy: boolean;
  problem: string;
}

export function usePublicRooms(text: string) {
  const client = useClient();
  const [state, setState] = useState<PublicRooms>({
    rooms: null,
    nextCursor: undefined,
    busy: true,
    problem: '',
  });
  const wish = text.trim();
  /** Only the answer to the last question counts. */
  const turn = useRef(0);

  const load = useCallback(
    async (cursor?: string) => {
      turn.current += 1;
      const mine = turn.current;
      setState((now) => ({ ...now, busy: true }));
      try {
        const page = await client.rooms.directory(wish, cursor);
        if (turn.current !== mine) return;
        setState(({ rooms }) => ({
          rooms: cursor ? [...(rooms ?? []), ...page.rooms] : page.rooms,
          nextCursor: page.nextCursor,
          busy: false,
          problem: '',
        }));
      } catch (error) {
        if (turn.current !== mine) return;
        setState((now) => ({ ...now, busy: false, problem: generalSentence(failureOf(error)) }));
      }
    },
    [client, wish],
  );

  useEffect(() => {
    const timer = setTimeout(() => void load(), wish === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      turn.current += 1;
    };
  }, [load, wish]);

  return { ...state, wish, again: () => void load(), more: () => void load(state.nextCursor) };
}
