// The watcher itself: it notices each way in which a stream may break its promise, so that the other stories mean something.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { agree, Watcher } from './support/watcher.js';

const message = (seq, rev = seq) => ({
  id: `m${seq}`,
  roomId: 'r',
  seq,
  rev,
  content: `${seq}`,
  claps: { total: 0 },
  reactions: [],
});
const room = { name: 'The room', visibility: 'public' };
const ask = (since) => ({ kind: 'ask', event: 'join:room', data: { roomId: 'r', since } });
const history = (rev, mode, messages) => ({
  kind: 'event',
  event: 'room:history',
  data: { roomId: 'r', rev, mode, messages, hasMore: false },
});
const ack = (rev) => ({ kind: 'ack', event: 'join:room', asked: { roomId: 'r' }, data: { ok: true, rev, room } });
const said = (seq, rev = seq) => ({ kind: 'event', event: 'message:new', data: message(seq, rev) });
const updated = (seq, rev) => ({ kind: 'event', event: 'message:updated', data: message(seq, rev) });
const changed = (event, rev, data) => ({ kind: 'event', event, data: { roomId: 'r', rev, ...data } });
const clapped = (id, rev, total) => changed('message:clapped', rev, { id, claps: { total }, by: [] });
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

  test('keeps what each change leaves of messages and of the room', () => {
    const previews = [{ url: 'https://example.org' }];
    const watcher = watched([
      ...joined,
      clapped('m1', 3, 5),
      changed('message:reacted', 4, { id: 'm2', reactions: [{ emoji: '👍', count: 1 }], emoji: '👍', on: true }),
      { ...updated(1, 5), data: { ...message(1, 5), content: 'other', previews, claps: { total: 5 } } },
      changed('message:deleted', 6, { id: 'm1', seq: 1, deletedAt: 'now' }),
      changed('room:updated', 7, { roomId: undefined, id: 'r', name: 'Renamed', visibility: 'private' }),
    ]);
    watcher.isSound();
    const deleted = { content: '', mentions: [], previews: [], deletedAt: 'now' };
    assert.deepEqual(watcher.list, [
      { ...message(1, 6), ...deleted, claps: { total: 5 } },
      { ...message(2, 4), reactions: [{ emoji: '👍', count: 1 }] },
    ]);
    assert.deepEqual(watcher.room, { name: 'Renamed', topic: undefined, visibility: 'private' });
  });

  test('leaves out what is older than the page that it began with', () => {
    const watcher = watched([
      ask(),
      history(9, 'page', [message(8), message(9)]),
      ack(9),
      clapped('m1', 10, 1),
      cut,
      ask(10),
      history(11, 'delta', [message(2, 11)]),
      ack(11),
    ]);
    watcher.isSound();
    assert.deepEqual(watcher.list, [message(8), message(9)]);
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
    "a reader's own claps in a broadcast": [
      ...joined,
      changed('message:clapped', 3, { id: 'm1', claps: { total: 1, mine: 1 } }),
    ],
    'claps that are lost': [...joined, clapped('m1', 3, 5), clapped('m1', 4, 4)],
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
