// Coming back with `since`, and pages of history: exactly what was missed, or a fresh page and the word that it is one.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { embedded, unhurried } from './support/town.js';
import { broadcast } from './support/watcher.js';

const town = await embedded({ after }, unhurried);
const contents = (history) => history.messages.map((message) => message.content);

/** Ada in a room in which `count` messages were said, `1` to `count`. */
async function told(name, room, count, at = town) {
  const ada = await at.guest(name);
  await ada.joins(room);
  await Promise.all(Array.from({ length: count }, (_, i) => ada.says(room, `${i + 1}`)));
  return ada;
}

async function historyOf(person, room, options) {
  const from = person.here;
  const ack = await person.joins(room, options);
  const [history, ...others] = person.seen('room:history', { roomId: room }, { from });
  assert.deepEqual(others, []);
  assert.equal(ack.rev, history.rev);
  return history;
}

describe('coming back', { concurrency: 8 }, () => {
  test('with since brings what was missed, no more and no less, and then goes on', async () => {
    const ada = await told('Ada-on', 'missed', 3);
    const bob = await town.guest('Bob-off');
    const watcher = bob.watches('missed');
    await bob.joins('missed');
    bob.goes();
    await bob.isCut();
    for (const word of ['4', '5', '6']) await ada.says('missed', word);
    await bob.connects();
    const history = await historyOf(bob, 'missed', { since: watcher.rev });
    assert.equal(history.mode, 'delta');
    assert.equal(history.hasMore, false);
    assert.deepEqual(contents(history), ['4', '5', '6']);
    await ada.says('missed', '7');
    await bob.hears('7');
    watcher.isSound();
    assert.deepEqual(contents({ messages: watcher.list }), ['1', '2', '3', '4', '5', '6', '7']);
  });

  test('with nothing missed brings nothing', async () => {
    const ada = await told('Ada-same', 'nothing', 3);
    const history = await historyOf(ada, 'nothing', { since: 3 });
    assert.equal(history.mode, 'delta');
    assert.deepEqual(history.messages, []);
    assert.equal(history.rev, 3);
  });

  test('with since 0 brings everything, whatever the limit', async () => {
    const ada = await told('Ada-all', 'everything', 120);
    const history = await historyOf(ada, 'everything', { since: 0, limit: 10 });
    assert.equal(history.mode, 'delta');
    assert.equal(history.hasMore, false);
    assert.deepEqual(
      contents(history),
      Array.from({ length: 120 }, (_, i) => `${i + 1}`),
    );
  });

  test('with a since that the room has not reached brings a fresh page', async () => {
    const ada = await told('Ada-ahead', 'ahead', 3);
    const history = await historyOf(ada, 'ahead', { since: 99 });
    assert.equal(history.mode, 'reset');
    assert.equal(history.rev, 3);
    assert.deepEqual(contents(history), ['1', '2', '3']);
  });

  test('after 500 changes brings all of them, after 501 a fresh page', async () => {
    const ada = await told('Ada-long', 'long', 502);
    const delta = await historyOf(ada, 'long', { since: 2 });
    assert.equal(delta.mode, 'delta');
    assert.equal(delta.messages.length, 500);
    assert.equal(delta.messages[0].content, '3');
    const reset = await historyOf(ada, 'long', { since: 1 });
    assert.equal(reset.mode, 'reset');
    assert.equal(reset.hasMore, true);
    assert.equal(reset.rev, 502);
    assert.deepEqual(
      contents(reset),
      Array.from({ length: 50 }, (_, i) => `${453 + i}`),
    );
  });

  test('brings a message that changed in its present state', async () => {
    const ada = await told('Ada-mentions', 'changed', 2);
    const bob = await town.guest('Bob-mentioned');
    await bob.joins('changed');
    const message = await ada.says('changed', 'look @Bob-mentioned');
    const updated = await ada.sees('message:updated', { id: message.id });
    const history = await historyOf(bob, 'changed', { since: message.rev });
    assert.equal(history.mode, 'delta');
    assert.deepEqual(history.messages.map(broadcast), [updated]);
    assert.deepEqual(updated.mentions, [bob.id]);
  });

  test('works after a restart as before it', async (t) => {
    const own = await embedded(t);
    const ada = await told('Ada', 'lobby', 5, own);
    ada.goes();
    await own.stop();
    await own.starts();
    const again = await ada.again();
    const history = await historyOf(again, 'lobby', { since: 3 });
    assert.equal(history.mode, 'delta');
    assert.deepEqual(contents(history), ['4', '5']);
    assert.equal((await again.says('lobby', '6')).seq, 6);
  });
});

describe('a page', { concurrency: 8 }, () => {
  test('holds the newest 50, or as many as are asked for', async () => {
    const ada = await told('Ada-pages', 'pages', 120);
    for (const [limit, size] of [
      [undefined, 50],
      [1, 1],
      [100, 100],
    ]) {
      const history = await historyOf(ada, 'pages', { limit });
      assert.equal(history.mode, 'page');
      assert.equal(history.hasMore, true);
      assert.deepEqual(
        contents(history),
        Array.from({ length: size }, (_, i) => `${120 - size + i + 1}`),
      );
    }
  });

  test('that holds all says so', async () => {
    const ada = await told('Ada-whole', 'whole', 3);
    assert.equal((await historyOf(ada, 'whole', { limit: 3 })).hasMore, false);
    assert.equal((await historyOf(ada, 'whole', { limit: 2 })).hasMore, true);
  });

  test('is not had with a limit out of range, or a since that is none', async () => {
    const ada = await told('Ada-odd', 'odd', 1);
    for (const options of [
      { limit: 0 },
      { limit: 101 },
      { limit: -1 },
      { limit: 1.5 },
      { limit: '5' },
      { since: -1 },
      { since: 'all' },
      { since: 1.5 },
    ]) {
      await ada.isRefused('join:room', { roomId: 'odd', ...options }, 'invalid_argument');
    }
  });
});
