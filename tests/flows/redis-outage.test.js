// Redis goes away under load and comes back empty, or stands still: sends go on, everything is delivered on both replicas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { areWhole, noticeAnOutage } from './support/readiness.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

test(
  'without Redis sends go on and reach both replicas, and when it is back all is as before',
  overBackends,
  async (t) => {
    const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
    const people = await Promise.all(Array.from({ length: 8 }, (_, i) => town.guest(`Guest${i}`, { at: i % 2 })));
    const watchers = await Promise.all(people.map((person) => person.stays('square')));
    const sent = [];
    let going = true;
    const load = people.slice(0, 4).map(async (person, i) => {
      for (let n = 0; going; n++) sent.push(await person.says('square', `${i}.${n}`));
    });
    const everywhere = async (content) => {
      const message = await people[0].says('square', content);
      sent.push(message);
      await Promise.all(watchers.map((watcher) => watcher.has([message.id])));
    };

    await everywhere('with Redis');
    await town.stopRedis();
    await everywhere('without Redis');
    await noticeAnOutage(town, [0, 1]);
    // Joining and resuming need nothing of it either.
    const late = await town.guest('Late', { at: 1 });
    const lateWatcher = await late.stays('square');
    await everywhere('without Redis still');

    await town.startRedis();
    await areWhole(town, [0, 1]);
    await everywhere('with Redis again');
    going = false;
    await Promise.all(load);
    const ids = sent.map((message) => message.id);
    await Promise.all(watchers.map((watcher) => watcher.has(ids)));
    agree(watchers);
    assert.equal(watchers[0].list.length, sent.length, 'each message once');
    await lateWatcher.has([sent.at(-1).id]);
    lateWatcher.isSound();

    // Personal events may have been missed.
    for (const person of people) await person.sees('resync');

    // The parts that need Redis work again: jobs, presence, typing.
    const { id } = await people[0].says('square', '@Guest1 are you there?');
    for (const watcher of watchers) {
      const { mentions } = await watcher.shows(id, (message) => message.mentions.length > 0, 'the mention');
      assert.deepEqual(mentions, [people[1].id]);
      watcher.isSound();
    }
    await people[2].startsTyping('square');
    await people[3].sees('typing:user', { userId: people[2].id });
    const newcomer = await town.guest('Newcomer', { at: 0 });
    await newcomer.joins('square');
    await people[1].sees('user:joined', { userId: newcomer.id });
    for (const person of people) people[0].hasNotSeen('user:left', { userId: person.id });
  },
);

test('a frozen Redis holds nobody back, and when it moves again all is as before', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
  const people = await Promise.all(Array.from({ length: 4 }, (_, i) => town.guest(`Guest${i}`, { at: i % 2 })));
  const watchers = await Promise.all(people.map((person) => person.stays('square')));
  const sent = [await people[0].says('square', 'before')];
  await Promise.all(watchers.map((watcher) => watcher.has([sent[0].id])));
  town.redis.pause();
  for (let i = 0; i < 10; i++) {
    const began = Date.now();
    const message = await people[i % 4].says('square', `meanwhile ${i}`);
    await Promise.all(watchers.map((watcher) => watcher.has([message.id])));
    sent.push(message);
    // The contract allows 2 s; the rest is for a busy machine.
    assert.ok(Date.now() - began < 6_000, `message ${i} took ${Date.now() - began} ms`);
  }
  const late = await town.guest('Late', { at: 0 });
  const lateWatcher = await late.stays('square');
  assert.equal(lateWatcher.list.length, sent.length);
  town.redis.resume();
  await areWhole(town, [0, 1]);
  const { id } = await people[0].says('square', '@Guest1 again');
  for (const watcher of watchers) await watcher.shows(id, (message) => message.mentions.length > 0, 'the mention');
  agree(watchers);
  lateWatcher.isSound();
  assert.equal(watchers[0].list.length, sent.length + 1, 'each message once');
});
