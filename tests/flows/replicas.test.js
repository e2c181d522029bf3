// Two replicas are one place: the same stream on both, people counted once, and any of them carries a client on.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { isProblem } from './support/rest.js';
import { replicas, unhurried } from './support/town.js';
import { agree, broadcast } from './support/watcher.js';

const backends = { ...overBackends };

describe('two replicas', { concurrency: 2, ...backends }, () => {
  for (const worker of ['inside', 'apart']) {
    test(`carry twenty sockets through the same changes in the same order, worker ${worker}`, async (t) => {
      const town = await replicas(t, 2, { worker, settings: unhurried });
      const people = await Promise.all(Array.from({ length: 20 }, (_, i) => town.guest(`Guest${i}`, { at: i % 2 })));
      const watchers = await Promise.all(people.map((person) => person.stays('square')));
      const senders = people.slice(0, 6);
      const each = 40;
      // Every fifth message has the worker change it once more.
      const words = (i, n) => (n % 5 === 0 ? `@Guest${(i + n) % 20} ${i}.${n}` : `${i}.${n}`);
      const sent = await Promise.all(
        senders.flatMap((person, i) => Array.from({ length: each }, (_, n) => person.says('square', words(i, n)))),
      );
      const changes = sent.length + (senders.length * each) / 5;
      await Promise.all(watchers.map((watcher) => watcher.reaches(changes)));
      agree(watchers);
      for (const watcher of watchers) assert.equal(watcher.list.length, sent.length);
      // Each sender's own messages stand in the order sent.
      for (const [i] of senders.entries()) {
        const own = watchers[0].list
          .map((message) => message.content.split(' ').at(-1))
          .filter((text) => text.startsWith(`${i}.`));
        assert.deepEqual(
          own,
          Array.from({ length: each }, (_, n) => `${i}.${n}`),
        );
      }
      // What came over the wire is what stands in the store.
      const { body } = await people[1].rest.get('/api/rooms/square/changes?since=0');
      assert.equal(body.rev, changes);
      assert.deepEqual(body.messages.map(broadcast), watchers[1].list);
    });
  }

  test('make one message of one clientId that comes through both at once', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const ada = await town.guest('Ada', { at: 0 });
    const phone = await ada.again({ at: 1 });
    const watchers = [await ada.stays('lobby'), await phone.stays('lobby')];
    const ids = [];
    for (let round = 0; round < 25; round++) {
      const sends = [ada, phone].map((one) => one.says('lobby', `round ${round}`, { clientId: `round-${round}` }));
      const [one, other] = await Promise.all(sends);
      assert.equal(one.id, other.id, `round ${round}`);
      ids.push(one.id);
    }
    await Promise.all(watchers.map((watcher) => watcher.reaches(25)));
    agree(watchers);
    assert.deepEqual(
      watchers[0].list.map((message) => message.id),
      ids,
    );
  });

  test('see a user come with the first socket and go with the last, on whichever they are', async (t) => {
    const town = await replicas(t, 2);
    const witnesses = [await town.guest('Witness0', { at: 0 }), await town.guest('Witness1', { at: 1 })];
    for (const witness of witnesses) await witness.joins('lobby');
    const ada = await town.guest('Ada', { at: 0 });
    const phone = await ada.again({ at: 1 });
    await ada.joins('lobby');
    const { online, onlineCount } = await phone.joins('lobby');
    assert.equal(onlineCount, 3);
    assert.deepEqual(online.map((user) => user.username).sort(), ['Ada', 'Witness0', 'Witness1']);
    for (const witness of witnesses) await witness.sees('user:joined', { userId: ada.id });
    ada.goes();
    await phone.says('lobby', 'still here');
    for (const witness of witnesses) {
      await witness.hears('still here');
      witness.hasNotSeen('user:left', { userId: ada.id });
    }
    await phone.startsTyping('lobby');
    await witnesses[0].sees('typing:user', { userId: ada.id });
    await phone.does('presence:update', 'away');
    await witnesses[0].sees('presence:changed', { userId: ada.id, status: 'away' });
    phone.goes();
    for (const witness of witnesses) {
      await witness.sees('user:left', { userId: ada.id });
      await witness.sees('typing:stop', { userId: ada.id });
      assert.equal(witness.seen('user:joined', { userId: ada.id }).length, 1);
      assert.equal(witness.seen('user:left', { userId: ada.id }).length, 1);
      const { body } = await witness.rest.get('/api/rooms/lobby/presence');
      assert.equal(body.onlineCount, 2);
    }
  });

  test('carry a client on that comes back to the other one', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const ada = await town.guest('Ada', { at: 0 });
    await ada.joins('lobby');
    const bob = await town.guest('Bob', { at: 0 });
    await bob.joins('lobby');
    await Promise.all(Array.from({ length: 10 }, (_, i) => ada.says('lobby', `${i}`)));
    await bob.hears('9');
    bob.goes();
    await Promise.all(Array.from({ length: 10 }, (_, i) => ada.says('lobby', `${10 + i}`)));
    const there = await bob.again({ at: 1 });
    await there.joins('lobby', { since: 10 });
    const [history] = there.seen('room:history', { roomId: 'lobby' });
    assert.equal(history.mode, 'delta');
    assert.deepEqual(
      history.messages.map((message) => message.content),
      Array.from({ length: 10 }, (_, i) => `${10 + i}`),
    );
    await ada.says('lobby', 'and on');
    await there.hears('and on');
  });

  test('send a client of one that drains to the other', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const people = await Promise.all(
      Array.from({ length: 6 }, (_, i) => town.guest(`Guest${i}`, { at: 'any', reconnects: true })),
    );
    const watchers = await Promise.all(people.map((person) => person.stays('lobby')));
    const sends = people.flatMap((person, i) =>
      Array.from({ length: 50 }, (_, n) => person.insistsOn('lobby', `${i}.${n}`)),
    );
    await Promise.race(sends);
    assert.deepEqual(await town.stop(0), { code: 0, signal: null });
    const messages = await Promise.all(sends);
    await Promise.all(watchers.map((watcher) => watcher.has(messages.map((message) => message.id))));
    agree(watchers);
    assert.equal(watchers[0].list.length, 300);
  });

  test('share what is behind the interface: a room made here is there, a message posted there is heard here', async (t) => {
    const town = await replicas(t, 2);
    const ada = await town.guest('Ada', { at: 0 });
    await ada.joins('lobby');
    const there = town.rest(1, ada.token);
    const posted = await there.post('/api/rooms/lobby/messages', { content: 'by post', clientId: 'letter' });
    assert.equal(posted.status, 201, posted.text);
    await ada.hears('by post');
    assert.equal(
      (await town.rest(0, ada.token).post('/api/rooms/lobby/messages', { content: 'by post', clientId: 'letter' }))
        .status,
      200,
    );
    assert.equal((await there.get('/api/rooms/lobby')).body.lastSeq, 1);
    isProblem(await there.get('/api/rooms/other'), 404, 'not_found');
  });
});
