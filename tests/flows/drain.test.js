// A replica that is asked to end: what was sent is answered, people move without seeming to leave, and nothing holds it up for ever.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { Lock } from './support/lock.js';
import { answered } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const key = 'a-key-for-stories';

describe('a replica that drains', { concurrency: 3 }, () => {
  test('answers what it was sent before it cuts', overBackends, async (t) => {
    const town = await replicas(t, 1, { settings: { ...unhurried, DRAIN_SECONDS: '0' } });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const lock = await Lock.on('members', town);
    const sends = Array.from({ length: 20 }, (_, i) => ada.says('lobby', `${i}`));
    // Events are taken in order: by this answer the sends are in, and none is committed.
    await ada.does('presence:update', 'busy');
    const { program } = town.servers[0];
    program.signal('SIGTERM');
    await until(() => program.said().includes('going away'), 'the drain to begin');
    await lock.ends();
    const messages = await Promise.all(sends);
    assert.equal(new Set(messages.map((message) => message.id)).size, 20);
    await ada.isCut();
    assert.deepEqual(await program.exit(), { code: 0, signal: null });
    const places = ['ack', 'cut'].map((kind) => ada.journal.findLastIndex((entry) => entry.kind === kind));
    assert.ok(places[0] < places[1], `answered, then cut\n${ada.saw(40)}`);
  });

  test(
    'leaves its people to the others: who comes back never left, who does not has gone soon',
    overBackends,
    async (t) => {
      const town = await replicas(t, 2, { settings: unhurried });
      town.balancer.looksForReadiness();
      const bob = await town.guest('Bob', { at: 1 });
      await bob.joins('lobby');
      const movers = await Promise.all(['Ada', 'Cy'].map((name) => town.guest(name, { at: 'any', reconnects: true })));
      // Whatever the balancer did: somebody is on the replica that goes.
      const dan = await town.guest('Dan', { at: 0 });
      for (const mover of movers) await mover.stays('lobby');
      await dan.joins('lobby');
      for (const person of [...movers, dan]) await bob.sees('user:joined', { userId: person.id });
      await dan.startsTyping('lobby');
      await bob.sees('typing:user', { userId: dan.id });
      assert.deepEqual(await town.stop(0), { code: 0, signal: null });
      await bob.sees('typing:stop', { userId: dan.id });
      await bob.sees('user:left', { userId: dan.id }, { limit: 16_000 });
      await bob.sees('presence:changed', { userId: dan.id, status: 'offline' });
      for (const mover of movers) {
        bob.hasNotSeen('user:left', { userId: mover.id });
        bob.hasNotSeen('presence:changed', { userId: mover.id });
      }
      const { body } = await bob.rest.get('/api/rooms/lobby/presence');
      assert.deepEqual(body.online.map((user) => user.username).sort(), ['Ada', 'Bob', 'Cy']);
    },
  );

  test('ends at once when it is asked again', async (t) => {
    const town = await embedded(t, { DRAIN_SECONDS: '600' });
    const people = await Promise.all(Array.from({ length: 3 }, (_, i) => town.guest(`Guest${i}`)));
    const { program } = town.servers[0];
    program.signal('SIGTERM');
    await Promise.any(people.map((person) => person.isCut()));
    program.signal('SIGINT');
    assert.deepEqual(await program.exit(), { code: 130, signal: null });
  });

  test('ends in time with a client that is dead and a Redis that stands still', overBackends, async (t) => {
    const town = await replicas(t, 1, { ownRedis: true, settings: { SERVER_API_KEY: key } });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const dead = await town.raw();
    await dead.handshakes(ada.token);
    dead.sends('421["join:room",{"roomId":"lobby"}]');
    await dead.hears((frame) => frame.startsWith?.('431['), 'the join');
    dead.stopsReading();
    // More than what lies between them: no goodbye goes through any more.
    const load = { to: { room: 'lobby' }, event: 'load', data: 'x'.repeat(200_000) };
    for (let i = 0; i < 12; i++) answered(await town.rest(0, key).post('/api/publish', load), 202);
    town.redis.pause();
    assert.deepEqual(await town.stop(), { code: 0, signal: null });
    town.redis.resume();
  });
});

describe('a worker that is asked to end', { concurrency: 2, ...overBackends }, () => {
  test('does what it is handed in that moment', async (t) => {
    const { town, watcher, ada } = await townWithWorker(t);
    town.worker.signal('SIGSTOP');
    await Promise.all(Array.from({ length: 20 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
    town.worker.signal('SIGTERM');
    town.worker.signal('SIGCONT');
    assert.deepEqual(await town.worker.exit(), { code: 0, signal: null });
    town.worker = town.runs(['worker']);
    await allAreMentioned(watcher);
  });

  test('hands back what it cannot finish, and another does it at once', async (t) => {
    const { town, watcher, ada } = await townWithWorker(t);
    town.worker.signal('SIGSTOP');
    await Promise.all(Array.from({ length: 20 }, (_, i) => ada.says('lobby', `@Ada ${i}`)));
    await watcher.reaches(20);
    const lock = await Lock.on('members', town);
    town.worker.signal('SIGCONT');
    await until(() => lock.holdsUp(), 'the worker to wait for the lock');
    // Its calls of the store give up about when its time is over: some may have failed by then, and come back as well.
    town.worker.signal('SIGTERM');
    assert.deepEqual(await town.worker.exit(), { code: 0, signal: null });
    await lock.ends();
    town.worker = town.runs(['worker']);
    await allAreMentioned(watcher);
  });
});

async function townWithWorker(t) {
  const town = await replicas(t, 1, { worker: 'apart', ownRedis: true });
  const ada = await town.guest('Ada');
  const watcher = await ada.stays('lobby');
  await until(() => town.redis.waiting(), 'the worker to wait for jobs');
  return { town, watcher, ada };
}

/** Well before a dead worker's claims would run out. */
async function allAreMentioned(watcher) {
  await watcher.reaches(40, { limit: 20_000 });
  watcher.isSound();
  for (const message of watcher.list) assert.equal(message.mentions.length, 1, message.content);
}
