// Who is here, while replicas and Redis come and go: nobody flaps, nobody stays who has gone, several devices are one person.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { areWhole, noticeAnOutage } from './support/readiness.js';
import { replicas, unhurried } from './support/town.js';

/** Milliseconds: a lease passes and the list is looked at once more, with some to spare. */
const LEASE = 10_000;
const SETTLED = LEASE + 6_000;
/** The contract's bound after a crash, and what a busy machine may add. */
const GHOST = 15_000 + 2_000;

async function online(town, place, room, token) {
  const { status, body } = await town.rest(place, token).get(`/api/rooms/${room}/presence`);
  assert.equal(status, 200);
  return body.online.map((user) => `${user.username} ${user.status}`).sort();
}

/** Everybody watches everybody: two at each of two replicas, Both at both, with another status than they began with. */
async function square(t, options = { ownRedis: true }) {
  const town = await replicas(t, 2, { settings: unhurried, ...options });
  const [ada, bob, cy, dan] = await Promise.all(
    ['Ada', 'Bob', 'Cy', 'Dan'].map((name, i) => town.guest(name, { at: i % 2 })),
  );
  const both = await town.guest('Both', { at: 0 });
  const other = await both.again({ at: 1 });
  const people = [ada, bob, cy, dan, both, other];
  for (const person of people) await person.joins('square');
  await both.does('presence:update', 'away');
  await ada.sees('presence:changed', { userId: both.id, status: 'away' });
  await other.does('presence:update', 'busy');
  await dan.does('presence:update', 'away');
  for (const watcher of [ada, bob, cy]) {
    await watcher.sees('presence:changed', { userId: both.id, status: 'busy' });
    await watcher.sees('presence:changed', { userId: dan.id, status: 'away' });
  }
  const all = ['Ada online', 'Bob online', 'Both busy', 'Cy online', 'Dan away'];
  for (const place of [0, 1]) await until(async () => same(await online(town, place, 'square', ada.token), all), 'all');
  return { town, ada, bob, cy, dan, both, other, people, all };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Nobody has seen anybody go, come or change since then. */
function nobodyFlapped(people, since) {
  people.forEach((person, i) => {
    for (const event of ['user:left', 'user:joined', 'presence:changed'])
      person.hasNotSeen(event, {}, { from: since[i] });
  });
}

describe('who is here', { concurrency: 6, ...overBackends }, () => {
  test('several devices are one person, wherever they are', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const watchers = [await town.guest('Ada', { at: 0 }), await town.guest('Bob', { at: 1 })];
    for (const watcher of watchers) await watcher.joins('square');
    const phone = await town.guest('Eve', { at: 0 });
    const devices = [phone, await phone.again({ at: 1 }), await phone.again({ at: 1 })];
    for (const device of devices) await device.joins('square');
    for (const watcher of watchers) await watcher.sees('user:joined', { userId: phone.id });
    for (const [device, status] of [
      [0, 'busy'],
      [1, 'away'],
      [0, 'online'],
      [2, 'busy'],
    ]) {
      const from = watchers.map((watcher) => watcher.here);
      await devices[device].does('presence:update', status);
      for (const [i, watcher] of watchers.entries())
        await watcher.sees('presence:changed', { userId: phone.id, status }, { from: from[i] });
    }
    devices[2].goes();
    devices[0].goes();
    // What happens after it is told after it: nobody has left so far.
    const sign = await town.guest('Sign', { at: 0 });
    await sign.joins('square');
    for (const watcher of watchers) {
      await watcher.sees('user:joined', { userId: sign.id });
      watcher.hasNotSeen('user:left');
    }
    devices[1].goes();
    for (const watcher of watchers) {
      await watcher.sees('user:left', { userId: phone.id });
      await watcher.sees('presence:changed', { userId: phone.id, status: 'offline' });
      assert.equal(watcher.seen('user:joined', { userId: phone.id }).length, 1, 'came once');
      assert.equal(watcher.seen('user:left', { userId: phone.id }).length, 1, 'went once');
      assert.equal(watcher.seen('presence:changed', { userId: phone.id }).length, 5, 'each choice once, and the end');
    }
  });

  test('Redis comes back empty, and nobody flaps', async (t) => {
    const { town, ada, people, all } = await square(t);
    const since = people.map((person) => person.here);
    await town.stopRedis();
    await noticeAnOutage(town, [0, 1]);
    await town.startRedis();
    await areWhole(town, [0, 1]);
    for (const place of [0, 1])
      await until(async () => same(await online(town, place, 'square', ada.token), all), 'all are there again');
    await pause(SETTLED);
    nobodyFlapped(people, since);
    for (const place of [0, 1]) assert.deepEqual(await online(town, place, 'square', ada.token), all);
  });

  test('Redis stands still for longer than a lease, and nobody flaps', async (t) => {
    const { town, ada, people, all } = await square(t);
    const since = people.map((person) => person.here);
    town.redis.pause();
    await noticeAnOutage(town, [0, 1]);
    await pause(LEASE - 2_000);
    town.redis.resume();
    await areWhole(town, [0, 1]);
    await pause(SETTLED);
    nobodyFlapped(people, since);
    for (const place of [0, 1]) assert.deepEqual(await online(town, place, 'square', ada.token), all);
  });

  test('who comes, goes or chooses while Redis is away is told of when it is back', async (t) => {
    const { town, ada, bob, cy, dan } = await square(t);
    await town.stopRedis();
    await noticeAnOutage(town, [0, 1]);
    cy.goes();
    await dan.does('presence:update', 'busy');
    const eve = await town.guest('Eve', { at: 1 });
    await eve.joins('square');
    await town.startRedis();
    const limit = SETTLED + GHOST;
    await Promise.all([
      ada.sees('user:joined', { userId: eve.id }, { limit }),
      ada.sees('presence:changed', { userId: dan.id, status: 'busy' }, { limit }),
      bob.sees('user:left', { userId: cy.id }, { limit }),
      bob.sees('presence:changed', { userId: cy.id, status: 'offline' }, { limit }),
    ]);
  });

  test('a replica dies while Redis is away, and its people are gone soon after that is back', async (t) => {
    const { town, ada, bob, cy, dan, both } = await square(t);
    await ada.startsTyping('square');
    await bob.sees('typing:user', { userId: ada.id });
    await town.stopRedis();
    await noticeAnOutage(town, [0, 1]);
    await town.kill(0);
    await town.startRedis();
    const limit = LEASE + GHOST;
    await bob.sees('typing:stop', { userId: ada.id }, { limit });
    for (const ghost of [ada, cy]) {
      await dan.sees('user:left', { userId: ghost.id }, { limit });
      await dan.sees('presence:changed', { userId: ghost.id, status: 'offline' }, { limit });
    }
    bob.hasNotSeen('user:left', { userId: both.id });
    assert.deepEqual(await online(town, 1, 'square', bob.token), ['Bob online', 'Both busy', 'Dan away']);
  });

  test('a replica dies shortly before Redis stands still, and its people are gone soon after that goes on', async (t) => {
    const { town, ada, bob, cy, dan, both } = await square(t);
    await town.kill(0);
    town.redis.pause();
    await noticeAnOutage(town, [1]);
    await pause(5_000);
    town.redis.resume();
    const limit = LEASE + GHOST;
    for (const ghost of [ada, cy]) await dan.sees('user:left', { userId: ghost.id }, { limit });
    bob.hasNotSeen('user:left', { userId: both.id });
    assert.deepEqual(await online(town, 1, 'square', bob.token), ['Bob online', 'Both busy', 'Dan away']);
  });

  test('all replicas die, and when one comes back nobody is left in its lists for long', async (t) => {
    const { town } = await square(t, {});
    await Promise.all([town.kill(0), town.kill(1)]);
    await town.starts(0);
    const eve = await town.guest('Eve', { at: 0 });
    await eve.joins('square');
    const alone = async () => same(await online(town, 0, 'square', eve.token), ['Eve online']);
    await until(alone, 'the ghosts are gone', { limit: GHOST });
  });

  test('a replica that stood still is declared gone, and its people come back with it', async (t) => {
    const { town, ada, bob, cy, dan, both, all } = await square(t, {});
    town.pause(0);
    for (const ghost of [ada, cy]) {
      await bob.sees('user:left', { userId: ghost.id }, { limit: GHOST });
      await dan.sees('presence:changed', { userId: ghost.id, status: 'offline' }, { limit: GHOST });
    }
    bob.hasNotSeen('user:left', { userId: both.id });
    const from = bob.here;
    // Their clients miss a heartbeat and go by themselves.
    for (const ghost of [ada, cy, both]) await until(() => !ghost.socket.connected, `${ghost.name} has noticed`);
    town.resume(0);
    for (const ghost of [ada, cy, both]) {
      await ghost.connects();
      await ghost.joins('square');
    }
    for (const ghost of [ada, cy]) await bob.sees('user:joined', { userId: ghost.id }, { from });
    for (const place of [0, 1])
      await until(async () => same(await online(town, place, 'square', bob.token), all), 'all are there again');
    for (const person of [ada, cy]) person.hasNotSeen('user:left', { userId: bob.id });
    // And it is one town again.
    await ada.says('square', 'that was a short night');
    await bob.hears('that was a short night');
  });
});
