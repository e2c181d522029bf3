// A replica is killed under load: nothing acknowledged is lost, its clients go on at the other, its ghosts are gone in time.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

describe('a replica that is killed', { concurrency: 2, ...overBackends }, () => {
  test('loses nothing that was acknowledged, and its clients go on at the other', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const people = await Promise.all(
      Array.from({ length: 10 }, (_, i) => town.guest(`Guest${i}`, { at: 'any', reconnects: true })),
    );
    const watchers = await Promise.all(people.map((person) => person.stays('square')));
    const count = 100;
    const sends = people.slice(0, 6).map(async (person, i) => {
      const messages = [];
      for (let n = 0; n < count; n++) messages.push(await person.insistsOn('square', `${i}.${n}`));
      return messages;
    });
    await watchers[0].reaches(60);
    await town.kill(0);
    await watchers[0].reaches(300);
    await town.starts(0);
    const messages = (await Promise.all(sends)).flat();
    await Promise.all(watchers.map((watcher) => watcher.has(messages.map((message) => message.id))));
    agree(watchers);
    assert.equal(watchers[0].list.length, 6 * count, 'each message once');
    for (const watcher of watchers) {
      for (let i = 0; i < 6; i++) {
        const own = watcher.list.map((message) => message.content).filter((content) => content.startsWith(`${i}.`));
        assert.deepEqual(
          own,
          Array.from({ length: count }, (_, n) => `${i}.${n}`),
        );
      }
    }
  });

  test('leaves nobody online or typing for more than 15 s', async (t) => {
    const town = await replicas(t, 2);
    const ghost = await town.guest('Ghost', { at: 0 });
    const both = await town.guest('Both', { at: 0 });
    const elsewhere = await both.again({ at: 1 });
    const bob = await town.guest('Bob', { at: 1 });
    for (const person of [bob, ghost, both, elsewhere]) await person.joins('lobby');
    await ghost.startsTyping('lobby');
    await bob.sees('typing:user', { userId: ghost.id });
    await town.kill(0);
    // The contract says 15 s; the rest is for a busy machine.
    const limit = 25_000;
    await Promise.all([
      bob.sees('typing:stop', { userId: ghost.id }, { limit }),
      bob.sees('user:left', { roomId: 'lobby', userId: ghost.id }, { limit }),
    ]);
    const { body } = await bob.rest.get('/api/rooms/lobby/presence');
    assert.deepEqual(body.online.map((user) => user.username).sort(), ['Bob', 'Both']);
    bob.hasNotSeen('user:left', { userId: both.id });
  });
});
