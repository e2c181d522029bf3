// The way between one replica and Redis breaks, and nothing else: its people chat on, and so do those of the other.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { TcpProxy } from './support/proxy.js';
import { areWhole, noticeAnOutage } from './support/readiness.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

/** Ada at a replica whose way to Redis is whole; Bob and Carol at one whose way can be broken. */
async function twoReplicas(t) {
  const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
  const way = await TcpProxy.before(town.redis.port);
  town.whenItEnds(() => way.close());
  await town.stop(1);
  await town.starts(1, { REDIS_URL: way.leadsTo(town.redis.url) });
  await areWhole(town, [0, 1]);
  const ada = await town.guest('Ada', { at: 0 });
  const [bob, carol] = [await town.guest('Bob', { at: 1 }), await town.guest('Carol', { at: 1 })];
  const people = [ada, bob, carol];
  const watchers = [];
  for (const person of people) watchers.push(await person.stays('square'));
  await ada.sees('user:joined', { userId: carol.id });
  return { town, way, ada, bob, carol, people, watchers };
}

/** Everybody says something, and everybody gets it. */
async function theyChat({ people, watchers }, about) {
  for (const person of people) {
    const began = Date.now();
    const { id } = await person.says('square', `${about}, says ${person.name}`);
    await Promise.all(watchers.map((watcher) => watcher.has([id])));
    // The contract allows 2 s; the rest is for a busy machine.
    const took = Date.now() - began;
    assert.ok(took < 6_000, `${about}: a message took ${took} ms`);
  }
}

/** How long a message usually takes to who is at the same replica. */
async function usualWait({ bob, carol }, about) {
  const times = [];
  for (let i = 0; i < 15; i++) {
    const began = Date.now();
    await Promise.all([bob.says('square', `${about} ${i}`), carol.hears(`${about} ${i}`)]);
    times.push(Date.now() - began);
  }
  return median(times);
}

/** Wakes a room and reads a history, five times: how long both usually take. */
async function usualJoin({ town, bob }, name) {
  const dave = await town.guest(name, { at: 1 });
  const times = [];
  for (let i = 0; i < 5; i++) {
    const began = Date.now();
    await dave.joins(`quiet-${name}-${i}`);
    assert.equal((await bob.rest.get('/api/rooms/square/messages')).status, 200);
    times.push(Date.now() - began);
  }
  return median(times);
}

const median = (times) => times.sort((one, other) => one - other)[(times.length - 1) / 2];

const breaks = {
  'swallows everything': { breaks: (way) => way.blackholes(), isNoticed: true },
  'refuses connections': { breaks: (way) => way.refuses(), isNoticed: true },
  'is slower than any answer is waited for': { breaks: (way) => way.delays(1_500), isNoticed: true },
  'is slow, but not so slow that Redis were away': { breaks: (way) => way.delays(300), isNoticed: false },
};

describe('one replica whose way to Redis', { concurrency: 2, ...overBackends }, () => {
  for (const [how, { breaks: breaksIt, isNoticed }] of Object.entries(breaks)) {
    test(`${how} serves its people as before`, async (t) => {
      const story = await twoReplicas(t);
      const { town, way, ada, bob, carol, people, watchers } = story;
      await theyChat(story, 'before');
      const [waitBefore, joinBefore] = [await usualWait(story, 'beside'), await usualJoin(story, 'Dora')];
      const from = people.map((person) => person.here);
      await breaksIt(way);
      await theyChat(story, 'at once');
      if (isNoticed) await noticeAnOutage(town, [1]);
      await areWhole(town, [0]);
      // Nobody waits for Redis once more with each message: 150 ms is the shortest of its time limits.
      const wait = await usualWait(story, 'meanwhile');
      assert.ok(wait < waitBefore + 150, `a message took ${wait} ms, and ${waitBefore} before`);
      // Rooms wake up, and histories are read, without waiting for what the cache or the bus would say: one answer over the slow way
      // takes 600 ms.
      const join = await usualJoin(story, 'Dave');
      assert.ok(
        join < joinBefore + 600,
        `waking a room and reading a history took ${join} ms, and ${joinBefore} before`,
      );
      await way.passes();
      await areWhole(town, [0, 1]);
      await theyChat(story, 'after');
      if (isNoticed) {
        // Personal events may have been missed here, and over there what could not go out from here.
        await Promise.all(people.map((person, i) => person.sees('resync', {}, { from: from[i] })));
      }
      agree(watchers);
      // Typing and presence go on by themselves.
      await carol.startsTyping('square');
      await ada.sees('typing:user', { userId: carol.id }, { from: from[0] });
      const eve = await town.guest('Eve', { at: 0 });
      await eve.joins('square');
      await bob.sees('user:joined', { userId: eve.id });
    });
  }

  test('is reset again and again loses nothing', async (t) => {
    const story = await twoReplicas(t);
    for (let i = 0; i < 5; i++) {
      story.way.resets();
      await theyChat(story, `after reset ${i}`);
    }
    await areWhole(story.town, [0, 1]);
    agree(story.watchers);
    for (const person of story.people) {
      person.hasNotSeen('user:left', { roomId: 'square' });
    }
    for (const person of [story.bob, story.carol]) await person.sees('resync');
  });
});
