// How often the others hear that somebody types.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { typingSignal } from './typing-signal.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recorded() {
  const sent: string[] = [];
  return { sent, signal: typingSignal((event) => sent.push(event)) };
}

it('sends one start in three seconds however fast somebody types', () => {
  const { sent, signal } = recorded();
  for (let key = 0; key < 31; key += 1) {
    signal.changed(`text ${key}`);
    vi.advanceTimersByTime(100);
  }
  expect(sent).toEqual(['typing:start', 'typing:start']);
});

it('stops when the text is sent or emptied, and holds the next start back for the rest of the three seconds', () => {
  const { sent, signal } = recorded();
  signal.changed('a');
  signal.stop();
  signal.changed('b');
  signal.changed('bc');
  expect(sent).toEqual(['typing:start', 'typing:stop']);
  vi.advanceTimersByTime(3000);
  expect(sent).toEqual(['typing:start', 'typing:stop', 'typing:start']);
  signal.changed(' ');
  expect(sent.at(-1)).toBe('typing:stop');
});

it('is not held back by a clock that was put back', () => {
  const { sent, signal } = recorded();
  signal.changed('a');
  signal.stop();
  vi.advanceTimersByTime(4000);
  vi.setSystemTime(Date.now() - 86_400_000);
  signal.changed('b');
  expect(sent).toEqual(['typing:start', 'typing:stop', 'typing:start']);
});

it('says nothing of a text that is gone before its turn', () => {
  const { sent, signal } = recorded();
  signal.changed('a');
  signal.stop();
  signal.changed('b');
  signal.changed('');
  vi.advanceTimersByTime(10_000);
  expect(sent).toEqual(['typing:start', 'typing:stop']);
});
