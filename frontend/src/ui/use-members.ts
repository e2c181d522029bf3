// The members of a room, page by page as the server gives them, and read anew after each change of them.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Chat } from '../chat';
import { memberSentence, Problem, UNREACHABLE } from '../problem';
import type { Member, WireError } from '../wire';

interface Members {
  members: readonly Member[] | null;
  nextCursor: string | undefined;
  problem: string;
}

export function useMembers(chat: Chat, roomId: string) {
  const [state, setState] = useState<Members>({ members: null, nextCursor: undefined, problem: '' });
  /** Only the answer to the last question counts. */
  const turn = useRef(0);

  const fail = useCallback((error: unknown) => {
    const problem: WireError = error instanceof Problem ? error : UNREACHABLE;
    setState((now) => ({ ...now, problem: memberSentence(problem) }));
  }, []);

  const load = useCallback(
    async (cursor?: string) => {
      turn.current += 1;
      const mine = turn.current;
      try {
        const page = await chat.desk.members(roomId, cursor);
        if (turn.current !== mine) return;
        setState(({ members, problem }) => ({
          members: cursor ? [...(members ?? []), ...page.members] : page.members,
          nextCursor: page.nextCursor,
          problem: cursor ? problem : '',
        }));
      } catch (error) {
        if (turn.current === mine) fail(error);
      }
    },
    [chat, roomId, fail],
  );

  useEffect(() => {
    void load();
    return () => {
      turn.current += 1;
    };
  }, [load]);

  const change = useCallback(
    async (run: () => Promise<unknown>) => {
      try {
        await run();
        await load();
      } catch (error) {
        fail(error);
      }
    },
    [load, fail],
  );

  return { ...state, more: () => void load(state.nextCursor), again: () => void load(), change };
}
