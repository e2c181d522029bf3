// Tells the server how far the user has read: the newest place only, a moment after it was seen, and again until it is heard.
import { isPassing, jittered } from './back-off.js';
import { READING_AGAIN_MS, READING_PAUSE_MS } from './bounds.js';
import { createLife } from './life.js';
import type { Ack, ReadAnswer } from './wire.js';

export interface Reading {
  seen(roomId: string, seq: number): void;
  forget(roomId: string): void;
  /** Ends all timers. What was not told is told after the next `seen`. */
  rest(): void;
}

export function createReading(
  tell: (roomId: string, seq: number) => Promise<Ack<ReadAnswer>>,
  told: (roomId: string, answer: ReadAnswer) => void,
): Reading {
  const waiting = new Map<string, number>();
  const soon = new Set<string>();
  let life = createLife();

  async function go(roomId: string) {
    soon.delete(roomId);
    const seq = waiting.get(roomId);
    if (seq === undefined) return;
    const mine = life;
    const ack = await tell(roomId, seq);
    if (ack.ok) told(roomId, ack);
    if (mine.over) return;
    if (!ack.ok && isPassing(ack.error))
      return later(roomId, ack.error.retryAfterMs ?? jittered(READING_AGAIN_MS));
    if (waiting.get(roomId) === seq) waiting.delete(roomId);
    else later(roomId, READING_PAUSE_MS);
  }

  function later(roomId: string, ms: number) {
    if (soon.has(roomId)) return;
    soon.add(roomId);
    life.after(ms, () => void go(roomId));
  }

  return {
    seen(roomId, seq) {
      waiting.set(roomId, Math.max(seq, waiting.get(roomId) ?? 0));
      later(roomId, READING_PAUSE_MS);
    },
    forget(roomId) {
      waiting.delete(roomId);
    },
    rest() {
      life.end();
      life = createLife();
      soon.clear();
      waiting.clear();
    },
  };
}
