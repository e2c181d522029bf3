// Asks now and then which rooms are the user's: nothing else tells this page of a room that somebody has put them into, and what
// is missed over a cut is found here.
import type { LiveRoom } from './chat-state.js';
import { Problem, UNREACHABLE } from './problem.js';
import type { RoomInfo, WireError } from './wire.js';

export interface Rounds {
  /** After a connect. Never rejects. */
  first(): Promise<void>;
  now(): void;
  close(): void;
}

export interface RoundsScene {
  ask(): Promise<RoomInfo[]>;
  held(): readonly LiveRoom[];
  /** `closed`: it was held as closed to the user before the answer was asked for. */
  listed(room: RoomInfo, closed: boolean): void;
  /** The user was a member of that room, and is no more. */
  absent(roomId: string): void;
  failed(error: WireError): void;
  done(): void;
}

const PERIOD_MS = 20_000;

export function createRounds({ ask, held, listed, absent, failed, done }: RoundsScene): Rounds {
  let going: Promise<void> | undefined;
  let again = false;
  let closed = false;

  async function round(): Promise<void> {
    // What is joined or left while the answer is on its way may not, or may still, be in it.
    const before = new Map(held().map((room) => [room.id, room]));
    try {
      const rooms = await ask();
      if (closed) return;
      const now = new Map(held().map((room) => [room.id, room]));
      for (const room of rooms) {
        const then = before.get(room.id);
        const gone = then && then.phase !== 'refused' && (now.get(room.id)?.phase ?? 'refused') === 'refused';
        if (!gone) listed(room, then?.phase === 'refused');
      }
      const theirs = new Set(rooms.map(({ id }) => id));
      for (const { id, wasLive } of before.values()) if (wasLive && !theirs.has(id)) absent(id);
      done();
    } catch (error) {
      if (!closed) failed(error instanceof Problem ? error : UNREACHABLE);
    }
  }

  function now() {
    if (going) {
      again = true;
      return going;
    }
    going = round().finally(() => {
      going = undefined;
      if (again && !closed) {
        again = false;
        void now();
      }
    });
    return going;
  }

  const look = () => {
    if (document.visibilityState === 'visible') void now();
  };
  const timer = setInterval(look, PERIOD_MS);
  document.addEventListener('visibilitychange', look);

  return {
    first: now,
    now: () => void now(),
    close() {
      closed = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    },
  };
}
