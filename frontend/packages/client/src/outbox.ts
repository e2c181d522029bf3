// Sends a room's waiting messages one after the other, so that their order holds through refusals, cuts and repeats.
// A message keeps its `clientId` however often it is sent, so the server keeps it once.
import { backOff, isPassing, jittered } from './back-off.js';
import { MOST_CUTS, OUTBOX_AGAIN_MS, OUTBOX_LONGEST_AGAIN_MS } from './bounds.js';
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

export function createOutbox(outlet: Outlet): Outbox {
  const busy = new Set<string>();
  const life = createLife();
  /** By `clientId`: how often the connection was cut while the message was on its way. */
  const cuts = new Map<string, number>();
  /** The server's limit is the user's, so what one room is told holds all of them (a time as of `Date.now`). */
  let notBefore = 0;
  const pause = (ms: number) => new Promise<void>((resume) => life.after(ms, resume));

  async function work(roomId: string) {
    try {
      let tries = 0;
      for (let waiting = outlet.next(roomId); waiting && !life.over; waiting = outlet.next(roomId)) {
        const hold = notBefore - Date.now();
        if (hold > 0) {
          await pause(hold + jittered(OUTBOX_AGAIN_MS));
          continue;
        }
        const { clientId } = waiting;
        const answer = await outlet.send(roomId, waiting).catch(asProblem);
        if (life.over) return;
        if (!(answer instanceof Problem)) {
          tries = 0;
          cuts.delete(clientId);
          outlet.acknowledged(roomId, clientId, answer);
          continue;
        }
        // After a cut the room is live again only when it has been joined again, and that pumps.
        const isCut = outlet.next(roomId)?.clientId !== clientId;
        if (isCut) cuts.set(clientId, (cuts.get(clientId) ?? 0) + 1);
        if (!isPassing(answer) || (cuts.get(clientId) ?? 0) >= MOST_CUTS) {
          tries = 0;
          cuts.delete(clientId);
          outlet.refused(roomId, clientId, answer);
        } else if (answer.code === 'rate_limited') {
          notBefore = Date.now() + (answer.retryAfterMs ?? OUTBOX_AGAIN_MS);
        } else if (!isCut) {
          tries += 1;
          await pause((answer.retryAfterMs ?? 0) + backOff(tries, OUTBOX_AGAIN_MS, OUTBOX_LONGEST_AGAIN_MS));
        }
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
