// What a row is guessed to be high before the width of the list is known.
import type { MessageItem } from '@belfry/client';
import { expect, it } from 'vitest';
import { rowHeight } from './row-height';
import type { Row } from './rows';

const WIDE = 1200;
const NARROW = 340;

function saying(content: string): Row {
  const message: MessageItem = {
    key: 'k1',
    id: 'm1',
    roomId: 'garden',
    seq: 1,
    rev: 1,
    userId: 'ada',
    username: 'Ada',
    content,
    type: 'text',
    timestamp: '2026-11-20T09:00:00.000Z',
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    state: 'kept',
    problem: null,
  };
  return { kind: 'message', key: 'k1', message, day: false, leads: false, unread: false };
}

it('takes a list whose width is not known for a wide one, not for one of a few letters a line', () => {
  const long = saying('and many words '.repeat(16));
  expect(rowHeight(long, 0)).toBe(rowHeight(long, WIDE));
  expect(rowHeight(long, 0)).toBeLessThan(rowHeight(long, NARROW));
});

it('counts the lines that were written, and those that a text needs', () => {
  const line = rowHeight(saying('one'), WIDE);
  const more = rowHeight(saying('one\ntwo\nthree'), WIDE) - line;
  expect(more).toBe(2 * (rowHeight(saying('one\ntwo'), WIDE) - line));
  expect(rowHeight(saying('x'.repeat(100)), WIDE)).toBe(rowHeight(saying('one\ntwo'), WIDE));
});
