// The watcher itself: it notices each way in which a stream may break its promise, so that the other stories mean something.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agree, Watcher } from './support/watcher.js';

const message = (seq, rev = seq) => ({ id: `m${seq}`, roomId: 'r', seq, rev, content: `${seq}` });
const ask = (since) => ({ kind: 'ask', event: 'join:room', data: { roomId: 'r', since } });
const history = (rev, mode, messages) => ({
  kind: 'event',
  event: 'room:history',
  data: { roomId: 'r', rev, mode, messages, hasMore: false },
});
const ack = (rev) => ({ kind: 'ack', event: 'join:room', asked: { roomId: 'r' }, data: { ok: true, rev } });
const said = (seq, rev = seq) => ({ kind: 'event', event: 'message:new', data: message(seq, rev) });
const updated = (seq, rev) => ({ kind: 'event', event: 'message:updated', data: message(seq, rev) });
const cut = { kind: 'cut' };
const joined = [ask(), history(2, 'page', [message(1), message(2)]), ack(2)];

function watched(entries) {
  const watcher = new Watcher('r', 'the test');
  for (const entry of entries) watcher.feed(entry);
  return watcher;
}

describe('the watcher', () => {
  test('accepts a join, changes in order, an unasked delta and a resume', () => {
    const watcher = watched([
      ...joined,
      said(3),
      updated(3, 4),
      history(7, 'delta', [message(4, 5), message(5, 7)]),
      said(6, 8),
      cut,
      ask(8),
      history(9, 'delta', [message(7, 9)]),
      ack(9),
      said(8, 10),
    ]);
    watcher.isSound();
    assert.equal(watcher.unasked, 1);
    assert.deepEqual(
      watcher.list.map((one) => one.seq),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
  });

  const broken = {
    'a skipped revision': [...joined, said(3), said(5)],
    'a repeated revision': [...joined, said(3), said(3)],
    'a change before the history': [ask(), said(1)],
    'a change between history and acknowledgement': [...joined.slice(0, 2), said(3), ack(2)],
    'an acknowledgement of another revision': [...joined.slice(0, 2), ack(3)],
    'an acknowledgement without a history': [ask(), ack(0)],
    'a delta with what the socket had': [...joined, cut, ask(2), history(3, 'delta', [message(2), message(3)]), ack(3)],
    'an unasked delta that leads nowhere': [...joined, history(2, 'delta', [])],
    'an unasked page': [...joined, history(3, 'page', [message(3)])],
    'a delta that leaves a hole': [...joined, history(4, 'delta', [message(4)])],
    'a history out of order': [ask(), history(2, 'page', [message(2), message(1)]), ack(2)],
    'a change after a cut': [...joined, cut, said(3)],
  };
  for (const [name, entries] of Object.entries(broken)) {
    test(`notices ${name}`, () => {
      assert.throws(() => watched(entries).isSound(), assert.AssertionError);
    });
  }

  test('notices two streams that differ under one revision', () => {
    const one = watched([...joined, said(3), updated(1, 4)]);
    const other = watched([...joined, said(3), updated(2, 4)]);
    assert.throws(() => agree([one, other]), /rev 4 is one thing/);
  });

  test('notices two streams that end with other messages', () => {
    const edited = { ...said(3), data: { ...message(3), content: 'other' } };
    assert.throws(
      () => agree([watched([...joined, said(3)]), watched([...joined, edited])]),
      /ends with other messages/,
    );
  });
});
