// Clients that stop reading, or read too slowly: cut, never skipped, gone for everybody in 15 s, and back with all they missed.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { overBackends } from './support/backends.js';
import { until, within } from './support/limits.js';
import { RawPoller, SEPARATOR } from './support/poller.js';
import { answered } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

/** Milliseconds in which somebody who takes nothing any more must be gone for everybody: 15, and the rest is for a busy machine. */
const GONE = 25_000;
const key = 'a-key-for-stories';
const settings = { ...unhurried, SERVER_API_KEY: key };
const places = [
  ['one server', {}, (t) => embedded(t, settings)],
  ['two replicas', overBackends, (t) => replicas(t, 2, { settings })],
];
/** 200 kB, which a backend publishes to a room: packets as large as one likes, without a commit for each. */
const LOAD = 'x'.repeat(200_000);

for (const [name, options, opens] of places) {
  describe(`over ${name}`, { concurrency: 8, ...options }, () => {
    let town;
    let end;
    before(async () => {
      town = await opens({ after: (ending) => (end = ending) });
    });
    after(() => end?.());

    for (const via of ['websocket', 'polling']) {
      test(`who stops reading and is sent a little is gone for all within 15 s (${via})`, async () => {
        const room = `little-${via}`;
        const { slow, raw, others } = await company(town, room, via);
        raw.sends(`42["typing:start","${room}"]`);
        for (const other of others) await other.sees('typing:user', { roomId: room, userId: slow.id });
        const stop = Date.now();
        raw.stopsReading();
        await others[0].insistsOn(room, 'the first that is not taken');
        await isGone(slow, room, others, stop);
        raw.readsAgain();
        await raw.isCut();
        await isCounted(town, 'heartbeat', 'time');
      });

      test(`who stops reading and is sent much is cut at 4 MiB, and comes back to all of it (${via})`, async () => {
        const room = `much-${via}`;
        const { slow, raw, others } = await company(town, room, via);
        const [ada] = others;
        const watcher = others.at(-1).watches(room);
        await ada.insistsOn(room, 'before');
        await raw.hears((frame) => revOf(frame) === 1, 'what is said before');
        const stop = Date.now();
        raw.stopsReading();
        await ada.insistsOn(room, 'while it does not read');
        await loads(town, room, 30);
        await isGone(slow, room, others, stop);
        await isCounted(town, 'bytes');
        await ada.insistsOn(room, 'when it has gone');
        await watcher.reaches(3);
        raw.readsAgain();
        await raw.isCut();
        await hasMissedNothing(slow, raw, room, watcher);
      });
    }

    test('who stops reading, and only later is sent more than the connection takes, is gone as early', async () => {
      const room = 'later';
      const { slow, raw, others } = await company(town, room, 'websocket');
      raw.stopsReading();
      const stop = Date.now();
      await pass(9_000);
      // Now the server's writer waits for the connection, with a heartbeat unanswered.
      await loads(town, room, 12);
      await isGone(slow, room, others, stop);
      raw.readsAgain();
      await raw.isCut();
    });

    test('who does not poll is cut at 4,096 packets, and comes back to all of them', async () => {
      const room = 'packets';
      const { slow, raw, others } = await company(town, room, 'polling');
      const watcher = others.at(-1).watches(room);
      raw.stopsReading();
      await others[0].insistsOn(room, 'the first that is not taken');
      // Each is answered, with a packet that nobody comes for.
      const ask = (_, i) => `42${i}["presence:update","online"]`;
      raw.sends(Array.from({ length: 4_200 }, ask).join(SEPARATOR));
      for (const other of others) await other.sees('user:left', { roomId: room, userId: slow.id });
      await isCounted(town, 'packets');
      await others[0].insistsOn(room, 'said meanwhile');
      await watcher.reaches(2);
      raw.readsAgain();
      await raw.isCut();
      await hasMissedNothing(slow, raw, room, watcher);
    });

    test('who reads, but too slowly, is cut when 10 s behind, and comes back to the rest', async () => {
      const room = 'slowly';
      const { slow, raw, others } = await company(town, room, 'websocket');
      const watcher = others.at(-1).watches(room);
      const reading = raw.readsInSips(700);
      await others[0].insistsOn(room, 'one');
      // Below the bound in bytes, and far more than ten seconds of such reading.
      await loads(town, room, 18);
      await others[0].insistsOn(room, 'two');
      const since = Date.now();
      await isGone(slow, room, others, since);
      await isCounted(town, 'heartbeat', 'time');
      reading.stops();
      await raw.isCut();
      await watcher.reaches(2);
      await hasMissedNothing(slow, raw, room, watcher);
    });

    test('who reads slowly, but keeps up, is not cut', async () => {
      const room = 'gently';
      const { slow, raw, others } = await company(town, room, 'websocket');
      const reading = raw.readsInSips(50);
      await loads(town, room, 4);
      await others[0].insistsOn(room, 'the last');
      await raw.hears((frame) => revOf(frame) === 1, 'the last message');
      reading.stops();
      for (const other of others) other.hasNotSeen('user:left', { userId: slow.id });
    });

    test('nobody waits for those who have stopped', async () => {
      const room = 'crowd';
      const at = (i) => ({ at: i % town.servers.length });
      const readers = await Promise.all(Array.from({ length: 8 }, (_, i) => town.guest(`Reader${i}`, at(i))));
      for (const reader of readers) await reader.stays(room);
      const waits = [];
      // A busy machine makes anybody wait now and then; who waits for a slow client does so every time.
      for (let round = 0; round < 3; round++) {
        const stopped = await Promise.all(Array.from({ length: 8 }, (_, i) => arrives(town, `Stops${i}`, room, at(i))));
        const beside = await usualWait(town, readers, room);
        for (const { raw } of stopped) raw.stopsReading();
        // 6 MB for each of them: within it their queues fill and they are cut.
        const meanwhile = await usualWait(town, readers, room);
        for (const { slow } of stopped) await readers[0].sees('user:left', { roomId: room, userId: slow.id });
        for (const reader of readers) reader.watches(room).isSound();
        waits.push(`${meanwhile} ms, and ${beside} ms while all were reading`);
        if (meanwhile <= beside + 250) return;
      }
      assert.fail(`somebody waited each time: ${waits.join('; ')}`);
    });
  });
}

/** Somebody over a raw connection in a room with two others, one of them at another server where there is one. */
async function company(town, room, via) {
  const last = town.servers.length - 1;
  const others = [await town.guest('Ada'), await town.guest('Bob', { at: last })];
  for (const other of others) await other.stays(room);
  const { slow, raw } = await arrives(town, 'Slow', room, { via });
  for (const other of others) await other.sees('user:joined', { roomId: room, userId: slow.id });
  return { slow, raw, others };
}

async function arrives(town, name, room, { via = 'websocket', at = 0 } = {}) {
  const slow = await town.guest(name, { at });
  slow.goes();
  await slow.isCut();
  const raw = via === 'websocket' ? await town.raw(at) : await polling(town, at);
  await raw.handshakes(slow.token);
  raw.sends(`421["join:room","${room}"]`);
  await raw.hears((frame) => frame.startsWith('431[{"ok":true'), 'the acknowledgement of the join');
  return { slow, raw };
}

async function polling(town, at) {
  const poller = new RawPoller(town.address(at));
  town.whenItEnds(() => poller.close());
  await poller.opens();
  return poller;
}

/** A cut for one of these reasons is in the metrics. */
async function isCounted(town, ...reasons) {
  const line = new RegExp(`^belfry_links_cut_total\\{reason="(${reasons.join('|')})"\\} [1-9]`, 'm');
  const counted = async () => {
    const answers = await Promise.all(town.servers.map((_, i) => town.rest(i).get('/metrics')));
    return answers.some(({ text }) => line.test(text));
  };
  await until(counted, `a cut is counted as ${reasons.join(' or ')}`);
}

/** A backend publishes to the room, 200 kB each time. */
async function loads(town, room, count) {
  const event = { to: { room }, event: 'load', data: LOAD };
  for (let i = 0; i < count; i++) answered(await town.rest(0, key).post('/api/publish', event), 202);
}

/** The others see that the person has left, is offline and types no more, all within the bound after `since`. */
async function isGone(person, room, others, since) {
  const limit = since + GONE - Date.now();
  const { id: userId } = person;
  await Promise.all(
    others.flatMap((other) => [
      other.sees('user:left', { roomId: room, userId }, { limit }),
      other.sees('presence:changed', { userId, status: 'offline' }, { limit }),
    ]),
  );
  for (const other of others) {
    const typing = other.seen('typing:user', { roomId: room, userId });
    if (typing.length > 0) await other.sees('typing:stop', { roomId: room, userId }, { limit });
    const { body } = await other.rest.get(`/api/rooms/${room}/presence`);
    assert.ok(!body.online.some((user) => user.id === userId), `${person.name} is still listed`);
  }
  if (process.env.TELL) console.log(`# ${room}: gone after ${Date.now() - since} ms`);
}

/** What came over the raw connection has no gap, and coming back with `since` brings all the rest. */
async function hasMissedNothing(person, raw, room, watcher) {
  const revs = raw.frames.map(revOf).filter((rev) => rev !== undefined);
  const first = revs[0] ?? 1;
  assert.deepEqual(
    revs,
    Array.from({ length: revs.length }, (_, i) => first + i),
    'what was read before the cut has no gap',
  );
  const back = await person.again();
  const own = back.watches(room);
  await back.joins(room, { since: revs.at(-1) ?? 0 });
  own.isSound();
  assert.equal(own.rev, watcher.rev);
  const all = new Map(watcher.list.map((message) => [message.seq, message]));
  for (const message of own.list) assert.deepEqual(message, all.get(message.seq));
  assert.equal(own.list.at(-1).seq, watcher.list.at(-1).seq);
  const [history] = back.seen('room:history', { roomId: room });
  if (history.mode === 'delta') assert.equal(own.list[0].seq, (revs.at(-1) ?? 0) + 1, 'nothing between is missing');
}

/** The longest that any of the readers waited for a message, of thirty with 200 kB of something else before each. */
async function usualWait(town, readers, room) {
  const waits = [];
  for (let i = 0; i < 30; i++) {
    const heard = readers.map((reader) => heardAt(reader, room));
    await loads(town, room, 1);
    const message = await readers[0].insistsOn(room, `${i}`);
    const committed = Date.now();
    const times = await Promise.all(heard.map((one) => one(message.id)));
    waits.push(Math.max(...times) - committed);
  }
  return waits.sort((one, other) => one - other)[waits.length / 2];
}

/** From now on notes when messages come, by themselves or in an unasked history; then tells when that one did. */
function heardAt(reader, room) {
  const times = new Map();
  let told;
  const listen = ({ kind, event, data }) => {
    if (kind !== 'event' || data?.roomId !== room) return;
    const messages = { 'message:new': [data], 'room:history': data.messages }[event] ?? [];
    for (const { id } of messages) times.set(id, Date.now());
    told?.();
  };
  reader.follow(listen);
  return async (id) => {
    const coming = new Promise((resolve) => {
      told = () => times.has(id) && resolve();
      told();
    });
    await within(coming, `${reader.name} hears ${id}`);
    reader.unfollow(listen);
    return times.get(id);
  };
}

const changeOf = (frame) => {
  if (!frame.startsWith('42["message:new"')) return undefined;
  return JSON.parse(frame.slice(2))[1];
};
const revOf = (frame) => changeOf(frame)?.rev;
