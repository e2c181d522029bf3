// How long ago, also where a clock is wrong.
import { expect, test } from 'vitest';
import { ago } from './ago';

const NOW = Date.parse('2026-03-10T12:00:00.000Z');

test.each([
  ['2026-03-10T11:59:30.000Z', 'just now'],
  ['2026-03-10T11:18:00.000Z', '42 minutes ago'],
  ['2026-03-10T07:00:00.000Z', '5 hours ago'],
  ['2026-03-09T11:00:00.000Z', 'yesterday'],
  ['2026-03-05T11:00:00.000Z', '5 days ago'],
  ['2026-02-01T11:00:00.000Z', 'February 1, 2026'],
  ['2026-03-11T12:00:00.000Z', 'just now'],
])('%s is %s', (timestamp, words) => {
  expect(ago(timestamp, NOW)).toBe(words);
});
