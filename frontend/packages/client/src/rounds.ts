// Asks now and then which rooms are the user's: nothing else tells of a room that somebody has put them into, and what is missed
// over a cut is found here.
import { backOff, jittered } from './back-off.js';
import { PERIOD_MS, ROUNDS_AGAIN_MS, ROUNDS_MOST } from './bounds.js';
import type { Life } from './life.js';
import { oneAtATime } from './one-at-a-time.js';
import { isHidden, whenSeen } from './page.js';
import { asProblem, type Problem } from './problem.js';
import type { Rest } from './rest.js';
import type { RoomInfo, RoomsPage } from './wire.js';

export interface Rounds {
  /** Asks. Resolves when the answer was taken in, or there was none. */
  now(): Promise<void>;
}

export interface RoundsScene {
  online(): boolean;
  ask: Rest['ask'];
  /** How each room that is held stands: whether it is the user's. */
  held(): ReadonlyMap<string, boolean>;
  listed(rooms: RoomInfo[]): void;
  /** The user was a member of that room, and is no more. */
  absent(roomId: string): void;
  failed(problem: Problem): void;
}

export function createRounds(life: Life, { online, ask, held, listed, absent, failed }: RoundsScene): Rounds {
  let failures = 0;
  let cancel: (() => void) | undefined;

  async function round(): Promise<void> {
    if (life.over) return;
    // What is joined or left while the answer is on its way may not, or may still, be in it.
    const before = new Map(held());
    try {
      const { rooms, whole } = await mine(ask);
      if (life.over) return;
      failures = 0;
      const now = held();
      const gone = (id: string) => before.get(id) === true && now.get(id) === false;
      const theirs = new Set(rooms.map(({ id }) => id));
      // First what is over: nothing of it is to be joined again.
      for (const [id, mine] of before) if (whole && mine && now.get(id) && !theirs.has(id)) absent(id);
      listed(rooms.filter(({ id }) => !gone(id)));
    } catch (error) {
      if (life.over) return;
      failures += 1;
      failed(asProblem(error));
    }
    later();
  }

  const now = oneAtATime(round);

  function look() {
    if (online() && !isHidden()) void now();
    else later();
  }

  function later() {
    cancel?.();
    cancel = life.after(
      failures > 0 ? backOff(failures, ROUNDS_AGAIN_MS, PERIOD_MS) : jittered(PERIOD_MS),
      look,
    );
  }

  later();
  whenSeen(life, look);
  return { now };
}

/** The user's rooms; `whole` where there are no more than these. */
async function mine(ask: Rest['ask']): Promise<{ rooms: RoomInfo[]; whole: boolean }> {
  const rooms: RoomInfo[] = [];
  let cursor: string | undefined;
  do {
    const page: RoomsPage = await ask('/rooms', { query: { scope: 'mine', limit: ROUNDS_MOST, cursor } });
    rooms.push(...page.rooms);
    cursor = page.nextCursor;
  } while (cursor && rooms.length < ROUNDS_MOST);
  return { rooms, whole: !cursor };
}
