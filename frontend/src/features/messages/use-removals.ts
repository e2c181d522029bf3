// Deleting with a way back: the message is hidden at once, and deleted for everybody a little later, or when the room is left.
import type { MessageItem, Room } from '@belfry/client';
import { useCallback, useLayoutEffect, useRef, useState } from 'react';
import { useToast } from '../../design/Toast';

const PATIENCE_MS = 5_000;
/** The line waits while the pointer is on it, but not for ever; and others may have pushed it out. */
const LONGEST_MS = 30_000;

interface Waiting {
  timer: ReturnType<typeof setTimeout>;
  /** Takes the line with Undo away. */
  drop(): void;
}

export function useRemovals(room: Room) {
  const toast = useToast();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set());
  const waiting = useRef(new Map<string, Waiting>());

  const settle = useCallback(
    (id: string, how: 'remove' | 'keep') => {
      const one = waiting.current.get(id);
      if (!one) return;
      waiting.current.delete(id);
      clearTimeout(one.timer);
      one.drop();
      if (how === 'remove') room.remove(id);
      setHidden((before) => new Set([...before].filter((each) => each !== id)));
    },
    [room],
  );

  const remove = useCallback(
    ({ id }: Pick<MessageItem, 'id'>) => {
      if (waiting.current.has(id)) return;
      const drop = toast({
        text: 'Message deleted.',
        name: `delete-${id}`,
        lastsMs: PATIENCE_MS,
        action: { label: 'Undo', run: () => settle(id, 'keep') },
        onGone: () => settle(id, 'remove'),
      });
      waiting.current.set(id, { timer: setTimeout(() => settle(id, 'remove'), LONGEST_MS), drop });
      setHidden((before) => new Set([...before, id]));
    },
    [toast, settle],
  );

  // Before the client is told to disconnect, which is an effect's business.
  useLayoutEffect(() => {
    const all = waiting.current;
    const removeAll = () => {
      for (const id of [...all.keys()]) settle(id, 'remove');
    };
    window.addEventListener('pagehide', removeAll);
    return () => {
      window.removeEventListener('pagehide', removeAll);
      removeAll();
    };
  }, [settle]);

  return { hidden, remove };
}
