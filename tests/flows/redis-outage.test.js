// Redis goes away under load and comes back empty: sends go on, everything is delivered on both replicas, and the server says so.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
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
    for (const place of [0, 1]) {
      await until(
        async () => (await readiness(town, place)).includes('redis'),
        `/ready of ${place} to say that Redis is away`,
      );
    }
    // Joining and resuming need nothing of it either.
    const late = await town.guest('Late', { at: 1 });
    const lateWatcher = await late.stays('square');
    await everywhere('without Redis still');

    await town.startRedis();
    for (const place of [0, 1]) {
      await until(
        async () => (await readiness(town, place)).length === 0,
        `/ready of ${place} to say that Redis is back`,
      );
    }
    await everywhere('with Redis again');
    going = false;
    await Promise.all(load);
    const ids = sent.map((message) => message.id);
    await Promise.all(watchers.map((watcher) => watcher.has(ids)));
    agree(watchers);
    assert.equal(watchers[0].list.length, sent.length, 'each message once');
    await lateWatcher.has([sent.at(-1).id]);
    lateWatcher.isSound();

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

async function readiness(town, place) {
  const answer = await town.rest(place).get('/ready');
  assert.equal(answer.status, 200, `/ready answered ${answer.status} ${answer.text}`);
  return answer.body?.degraded ?? [];
}
