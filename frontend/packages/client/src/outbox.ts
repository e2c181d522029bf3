// Sends a room's waiting messages one after the other, so that their order holds through refusals, cuts and repeats.
// A message keeps its `clientId` however often it is sent, so the server keeps it once.
import { backOff, isPassing } from './back-off.js';
import { createLife } from './life.js';
import { asProblem, Problem } from './problem.js';
import type { Message } from './wire.js';

export interface Waiting {
  clientId: string;
  content: string;
  replyTo?: string;
}

export interface Outlet {
  /** The oldest message of the room that waits; `null` when none does or the room cannot take any now. */
  next(roomId: string): Waiting | null;
  /** Rejects with a `Problem`. */
  send(roomId: string, waiting: Waiting): Promise<Message>;
  acknowledged(roomId: string, clientId: string, message: Message): void;
  refused(roomId: string, clientId: string, problem: Problem): void;
}

export interface Outbox {
  /** There may be something to send: written, retried, or the room is live again. */
  pump(roomId: string): void;
  close(): void;
}

const MOST_TRIES = 6;
const AGAIN_MS = 500;
const LONGEST_AGAIN_MS = 8000;

export function createOutbox(outlet: Outlet): Outbox {
  const busy = new Set<string>();
  const life = createLife();

  async function work(roomId: string) {
    try {
      let tries = 0;
      for (let waiting = outlet.next(roomId); waiting && !life.over; waiting = outlet.next(roomId)) {
        const { clientId } = waiting;
        const answer = await outlet.send(roomId, waiting).catch(asProblem);
        if (life.over) return;
        if (!(answer instanceof Problem)) {
          tries = 0;
          outlet.acknowledged(roomId, clientId, answer);
          continue;
        }
        // After a cut the room is live again only when it has been joined again, and that pumps.
        if (outlet.next(roomId)?.clientId !== clientId) continue;
        tries += 1;
        if (!isPassing(answer) || tries >= MOST_TRIES) {
          tries = 0;
          outlet.refused(roomId, clientId, answer);
          continue;
        }
        const ms = answer.retryAfterMs ?? backOff(tries, AGAIN_MS, LONGEST_AGAIN_MS);
        await new Promise<void>((resume) => life.after(ms, resume));
      }
    } finally {
      // In the same turn as the last look for something to send: what is written after it has to find the way free.
      busy.delete(roomId);
    }
  }

  return {
    pump(roomId) {
      if (busy.has(roomId) || life.over) return;
      busy.add(roomId);
      void work(roomId);
    },
    close: life.end,
  };
}
