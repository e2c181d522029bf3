// Asks now and then which rooms are the user's: nothing else tells of a room that somebody has put them into, and what is missed
// over a cut is found here.
import { jittered, type Life } from './life.js';
import { isHidden, whenSeen } from './page.js';
import { asProblem, type Problem } from './problem.js';
import type { RoomInfo } from './wire.js';

export interface Rounds {
  /** Asks. Resolves when the answer was taken in, or there was none. */
  now(): Promise<void>;
}

export interface RoundsScene {
  online(): boolean;
  ask(): Promise<{ rooms: RoomInfo[]; whole: boolean }>;
  /** How each room that is held stands: whether it is the user's. */
  held(): ReadonlyMap<string, boolean>;
  listed(rooms: RoomInfo[]): void;
  /** The user was a member of that room, and is no more. */
  absent(roomId: string): void;
  failed(problem: Problem): void;
}

const PERIOD_MS = 25_000;
const FIRST_AGAIN_MS = 1000;

export function createRounds(life: Life, { online, ask, held, listed, absent, failed }: RoundsScene): Rounds {
  let going: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let failures = 0;
  let cancel: (() => void) | undefined;

  async function round(): Promise<void> {
    // What is joined or left while the answer is on its way may not, or may still, be in it.
    const before = new Map(held());
    try {
      const { rooms, whole } = await ask();
      if (life.over) return;
      failures = 0;
      const now = held();
      const gone = (id: string) => before.get(id) === true && now.get(id) === false;
      listed(rooms.filter(({ id }) => !gone(id)));
      const theirs = new Set(rooms.map(({ id }) => id));
      for (const [id, mine] of before) if (whole && mine && now.get(id) && !theirs.has(id)) absent(id);
    } catch (error) {
      if (life.over) return;
      failures += 1;
      failed(asProblem(error));
    }
    later();
  }

  /** Who asks while an answer is on its way gets the next one: the present one may not know what they know. */
  function now(): Promise<void> {
    if (going) {
      next ??= going.then(() => {
        next = undefined;
        return life.over ? undefined : now();
      });
      return next;
    }
    going = round().finally(() => {
      going = undefined;
    });
    return going;
  }

  function look() {
    if (online() && !isHidden()) void now();
    else later();
  }

  function later() {
    cancel?.();
    const ms = failures === 0 ? PERIOD_MS : Math.min(PERIOD_MS, FIRST_AGAIN_MS * 2 ** failures);
    cancel = life.after(jittered(ms), look);
  }

  later();
  whenSeen(life, look);
  return { now };
}
