// The members of a room, page by page as the server gives them, and read anew after each change of them.
import type { Member } from '@belfry/client';
import { useRoomHandle } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, memberSentence } from '../../language/sentences';

interface Members {
  /** `null`: not known yet. */
  members: readonly Member[] | null;
  nextCursor: string | undefined;
  loading: boolean;
  problem: string;
}

/** So many pages are read anew at once, or looked through for a name. */
const MOST_PAGES = 20;

/** `count`: how many there are, as far as is known; when that changes they are read anew. */
export function useMembers(count: number | undefined) {
  const room = useRoomHandle();
  const [state, setState] = useState<Members>({
    members: null,
    nextCursor: undefined,
    loading: true,
    problem: '',
  });
  const pages = useRef(1);
  /** Only the answer to the last question counts. */
  const turn = useRef(0);

  const fail = useCallback((error: unknown) => {
    setState((now) => ({ ...now, loading: false, problem: memberSentence(failureOf(error)) }));
  }, []);

  /** Reads from a cursor on, so many pages. */
  const read = useCallback(
    async (cursor: string | undefined, many: number) => {
      turn.current += 1;
      const mine = turn.current;
      setState((now) => ({ ...now, loading: true }));
      try {
        let from = cursor;
        const found: Member[] = [];
        for (let page = 0; page < many; page += 1) {
          const { members, nextCursor } = await room.members(from);
          if (turn.current !== mine) return;
          found.push(...members);
          from = nextCursor;
          if (!from) break;
        }
        setState(({ members }) => ({
          members: cursor ? [...(members ?? []), ...found] : found,
          nextCursor: from,
          loading: false,
          problem: '',
        }));
      } catch (error) {
        if (turn.current === mine) fail(error);
      }
    },
    [room, fail],
  );

  const again = useCallback(() => read(undefined, Math.min(pages.current, MOST_PAGES)), [read]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another count means other members
  useEffect(() => {
    void again();
    return () => {
      turn.current += 1;
    };
  }, [again, count]);

  const change = useCallback(
    async (run: () => Promise<unknown>) => {
      try {
        await run();
      } catch (error) {
        fail(error);
        return false;
      }
      await again();
      return true;
    },
    [again, fail],
  );

  const more = useCallback(() => {
    if (!state.nextCursor || state.loading) return;
    pages.current += 1;
    void read(state.nextCursor, 1);
  }, [read, state.nextCursor, state.loading]);

  return { ...state, more, again: () => void again(), change, exhausted: pages.current >= MOST_PAGES };
}
