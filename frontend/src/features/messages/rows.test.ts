// How messages become rows, and that a row that is shown stays what it is when older ones come.
import type { MessageItem } from '@belfry/client';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rowsOf } from './rows';

function item(seq: number, over: Partial<MessageItem> = {}): MessageItem {
  return {
    key: `k${seq}`,
    id: `m${seq}`,
    roomId: 'garden',
    seq,
    rev: seq,
    userId: 'ada',
    username: 'Ada',
    content: `line ${seq}`,
    type: 'text',
    timestamp: new Date(Date.UTC(2026, 10, 20, 9) + seq * 60_000).toISOString(),
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    state: 'kept',
    problem: null,
    ...over,
  };
}

const leaders = (messages: MessageItem[]) =>
  rowsOf(messages, false, null).flatMap((row) =>
    row.kind === 'message' && row.leads ? [row.message.seq] : [],
  );

it('groups what one author writes within five minutes; answers, others and notices begin anew', () => {
  const later = new Date(Date.UTC(2026, 10, 20, 11)).toISOString();
  expect(leaders([item(1), item(2), item(3, { userId: 'bo' }), item(4)])).toEqual([1, 3, 4]);
  expect(leaders([item(1), item(2, { replyTo: 'm1' }), item(3)])).toEqual([1, 2]);
  expect(leaders([item(1), item(2, { type: 'system' }), item(3)])).toEqual([1, 2, 3]);
  expect(leaders([item(1), item(2, { timestamp: later })])).toEqual([1, 2]);
});

it('has the beginning above the first message of all, a day above the first of a day, and the mark on the first unread', () => {
  const next = new Date(Date.UTC(2026, 10, 22, 9)).toISOString();
  const rows = rowsOf([item(1), item(2, { timestamp: next }), item(3, { timestamp: next })], false, 2);
  expect(rows.map((row) => (row.kind === 'beginning' ? 'beginning' : [row.day, row.unread]))).toEqual([
    'beginning',
    [true, false],
    [true, false],
    [false, true],
  ]);
});

it('never changes a row that is shown when older ones come', () => {
  const author = fc.constantFrom('ada', 'bo');
  const gap = fc.constantFrom(1, 200, 400, 20_000, 90_000);
  const written = fc.array(fc.record({ userId: author, gap, system: fc.boolean(), answers: fc.boolean() }), {
    minLength: 2,
    maxLength: 40,
  });
  fc.assert(
    fc.property(written, fc.nat(), (each, cut) => {
      let at = Date.UTC(2026, 10, 1);
      const messages = each.map(({ userId, gap, system, answers }, index) => {
        at += gap * 1_000;
        return item(index + 1, {
          userId,
          timestamp: new Date(at).toISOString(),
          type: system ? 'system' : 'text',
          ...(answers ? { replyTo: 'm1' } : {}),
        });
      });
      const some = messages.slice(cut % (messages.length - 1));
      const shown = rowsOf(some, some.length < messages.length, null).filter((row) => row.kind === 'message');
      const all = new Map(rowsOf(messages, false, null).map((row) => [row.key, row]));
      for (const row of shown) expect(all.get(row.key)).toEqual(row);
    }),
  );
});
