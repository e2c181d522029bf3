// How many packets a tapping finger makes.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createGatherer } from './gather.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded(answer: () => Promise<void> = async () => undefined) {
  const sent: number[] = [];
  const gatherer = createGatherer((_, count) => {
    sent.push(count);
    return answer();
  });
  return { sent, gatherer };
}

it('makes two or three packets of fifty taps in five seconds, and loses none', async () => {
  const { sent, gatherer } = recorded();
  for (let tap = 0; tap < 50; tap += 1) {
    gatherer.tap('m1');
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.runAllTimersAsync();
  expect(sent.length).toBeGreaterThan(1);
  expect(sent.length).toBeLessThanOrEqual(3);
  expect(sent.reduce((sum, each) => sum + each, 0)).toBe(50);
});

it('holds the next packet back until the last one was answered', async () => {
  let answer: (() => void) | undefined;
  const { sent, gatherer } = recorded(
    () =>
      new Promise((resolve) => {
        answer = resolve;
      }),
  );
  gatherer.tap('m1');
  await vi.advanceTimersByTimeAsync(1000);
  gatherer.tap('m1');
  gatherer.tap('m1');
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual([1]);
  answer?.();
  await vi.runAllTimersAsync();
  expect(sent).toEqual([1, 2]);
});

it('sends at once what is gathered when the page goes, and nothing that was dropped', async () => {
  const { sent, gatherer } = recorded();
  gatherer.tap('m1');
  gatherer.tap('m1');
  gatherer.tap('m2');
  gatherer.drop('m2');
  gatherer.flush();
  await vi.runAllTimersAsync();
  expect(sent).toEqual([2]);
});
