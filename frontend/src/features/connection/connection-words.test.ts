// The line says how long it has been, how much waits, and whether that survives.
import { expect, test } from 'vitest';
import { type Down, sinceWhen, whatWaits } from './connection-words';

const down: Down = { status: 'reconnecting', downSince: 1_000_000, waiting: 0, keeps: 'storage' };

test('a cut of a few seconds has no time, a long one has', () => {
  expect(sinceWhen(down, 1_009_000)).toBe('');
  expect(sinceWhen(down, 1_011_000)).toMatch(/^No connection since .+\.$/);
  expect(sinceWhen({ ...down, downSince: null })).toBe('');
});

test('what waits, and where', () => {
  expect(whatWaits(down)).toBe('');
  expect(whatWaits({ ...down, waiting: 1 })).toBe('1 message waits to be sent, kept on this device.');
  expect(whatWaits({ ...down, waiting: 3, keeps: 'memory' })).toBe(
    '3 messages wait to be sent, lost if you close this page.',
  );
});
