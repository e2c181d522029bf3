// Redis cuts its connections, and all goes on at once; a server starts without Redis, and takes it up when it is there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { areWhole, noticeAnOutage } from './support/readiness.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

describe('Redis', { concurrency: 2, ...overBackends }, () => {
  test('cuts all connections, and news, typing, jobs and presence go on', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
    const [ada, bob] = [await town.guest('Ada', { at: 0 }), await town.guest('Bob', { at: 1 })];
    const watchers = [await ada.stays('square'), await bob.stays('square')];
    for (let round = 0; round < 4; round++) {
      const from = bob.here;
      await town.redis.cuts('normal');
      await town.redis.cuts('pubsub');
      const { id } = await ada.says('square', `@Bob, round ${round}`);
      await Promise.all(watchers.map((watcher) => watcher.has([id])));
      await watchers[1].shows(id, (message) => message.mentions.length > 0, 'the mention');
      await areWhole(town, [0, 1]);
      // A typing that is told while the connection is made is lost, and no harm.
      await ada.startsTyping('square');
      await bob.sees('typing:user', { userId: ada.id }, { from });
      await ada.does('typing:stop', 'square');
    }
    await Promise.all([ada, bob].map((person) => person.sees('resync')));
    // In each round a message and its mention.
    await Promise.all(watchers.map((watcher) => watcher.reaches(8)));
    agree(watchers);
    for (const person of [ada, bob]) {
      person.hasNotSeen('user:left', { roomId: 'square' });
      person.hasNotSeen('presence:changed');
    }
  });

  test('is away when a server starts, which serves its people all the same', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
    await town.stopRedis();
    await noticeAnOutage(town, [0]);
    await town.stop(1);
    await town.starts(1);
    await noticeAnOutage(town, [1]);
    const [ada, bob] = [await town.guest('Ada', { at: 0 }), await town.guest('Bob', { at: 1 })];
    const watchers = [await ada.stays('square'), await bob.stays('square')];
    const one = await bob.says('square', '@Ada, Redis has never been here');
    await Promise.all(watchers.map((watcher) => watcher.has([one.id])));
    await town.startRedis();
    await areWhole(town, [0, 1]);
    await watchers[0].shows(one.id, (message) => message.mentions.length > 0, 'the mention');
    await Promise.all([ada.sees('user:joined', { userId: bob.id }), bob.sees('user:joined', { userId: ada.id })]);
    const two = await ada.says('square', 'now it is');
    await Promise.all(watchers.map((watcher) => watcher.has([two.id])));
    agree(watchers);
    assert.equal(watchers[0].list.length, 2);
  });
});
