// How the server hears of what was read.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReading } from './reading.js';
import type { Ack, ReadAnswer } from './wire.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded(answers: Ack<ReadAnswer>[] = []) {
  const told: number[] = [];
  const reading = createReading(
    async (_, seq) => {
      told.push(seq);
      return answers.shift() ?? { ok: true, lastReadSeq: seq, unread: 0, unreadMentions: 0 };
    },
    () => undefined,
  );
  return { told, reading };
}

it('tells only the newest of what is read in quick succession', async () => {
  const { told, reading } = recorded();
  for (let seq = 1; seq <= 30; seq += 1) reading.seen('room', seq);
  await vi.runAllTimersAsync();
  expect(told).toEqual([30]);
});

it('tells again what was not heard', async () => {
  const away: Ack<ReadAnswer> = { ok: false, error: { code: 'unavailable', message: '' } };
  const { told, reading } = recorded([away, away]);
  reading.seen('room', 5);
  await vi.runAllTimersAsync();
  expect(told).toEqual([5, 5, 5]);
});

it('waits as long as the server asks for', async () => {
  const limited: Ack<ReadAnswer> = {
    ok: false,
    error: { code: 'rate_limited', message: '', retryAfterMs: 900 },
  };
  const { told, reading } = recorded([limited]);
  reading.seen('room', 5);
  await vi.advanceTimersByTimeAsync(1000);
  expect(told).toEqual([5]);
  await vi.advanceTimersByTimeAsync(300);
  expect(told).toEqual([5, 5]);
});
