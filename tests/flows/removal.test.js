// Who is removed from a room hears nothing more of it, on whichever replica and device, and whatever the broker does.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until, within } from './support/limits.js';
import { brief } from './support/person.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

/** What the contract allows, and some for a busy machine. */
const SOON = 6_000;

/** Everything of a room in a person's journal from `from` on, but what they asked themselves. */
function heardOf(person, room, from = 0) {
  const of = ({ data }) => data?.roomId === room || (data?.id === room && data?.visibility !== undefined);
  return person.journal.slice(from).filter((entry) => entry.kind === 'event' && of(entry));
}

/** Waits for `room:removed` and fails if anything of the room has come after it. */
async function isOut(person, room, { reason, from = 0, limit = SOON } = {}) {
  const told = await person.sees('room:removed', { roomId: room }, { from, limit });
  if (reason) assert.equal(told.reason, reason, brief(told));
  return person.journal.findLastIndex((entry) => entry.event === 'room:removed' && entry.data.roomId === room) + 1;
}

async function kicks(person, room, other) {
  const answer = await person.rest.delete(`/api/rooms/${room}/members/${other.id}`);
  assert.ok(answer.status === 204 || answer.status === 200, `${answer.status} ${answer.text}`);
}

/** Somebody keeps sending into a room; `stops()` resolves with what was sent, and fails where a send did. */
function chatter(person, room) {
  const sent = [];
  let going = true;
  const talking = (async () => {
    for (let n = 0; going; n++) sent.push(await person.says(room, `and ${n}`));
  })();
  // Told by `stops()`.
  talking.catch(() => {});
  return {
    talking,
    async stops() {
      going = false;
      await talking;
      return sent;
    },
  };
}

/** Ada's room with Bob on two devices and Carol, over two replicas; Bob has a third device that is not in it. */
async function scene(town, room) {
  const ada = await town.guest(`Ada-${room}`, { at: 0 });
  const carol = await town.guest(`Carol-${room}`, { at: 1 });
  const bob = await town.guest(`Bob-${room}`, { at: 0 });
  const devices = [bob, await bob.again({ at: 1 }), await bob.again({ at: 1 })];
  const watchers = [await ada.stays(room), await carol.stays(room)];
  for (const device of devices.slice(0, 2)) await device.joins(room);
  return { ada, carol, devices, watchers };
}

describe('being removed', { concurrency: 4, ...overBackends }, () => {
  test('ends everything at once, on every replica, while messages flow', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const { ada, devices, watchers } = await scene(town, 'flowing');
    const talk = chatter(ada, 'flowing');
    await devices[1].hears('and 20');
    await kicks(ada, 'flowing', devices[0]);
    const ends = await Promise.all(devices.map((device) => isOut(device, 'flowing', { reason: 'kicked' })));
    await ada.says('flowing', 'he is gone');
    const sent = await talk.stops();
    await Promise.all(watchers.map((watcher) => watcher.has(sent.map(({ id }) => id))));
    agree(watchers);
    for (const [at, device] of devices.entries()) {
      assert.deepEqual(heardOf(device, 'flowing', ends[at]), [], `after its removal, device ${at}`);
      assert.equal(device.seen('room:removed').length, 1, `device ${at} is told once`);
      await device.isRefused('message:send', { roomId: 'flowing', content: 'still here?' }, 'forbidden');
      await device.isRefused('typing:start', 'flowing', 'forbidden');
    }
    // The room was public: he may come again, and misses nothing.
    const back = devices[1].watches('flowing');
    await devices[1].joins('flowing');
    const last = await ada.says('flowing', 'welcome back');
    await back.has([last.id]);
    back.isSound();
    devices[0].hasNotSeen('message:new', { content: 'welcome back' });
  });

  for (const [how, breaks, mends] of [
    ['stopped', (town) => town.stopRedis(), (town) => town.startRedis()],
    ['frozen', (town) => town.redis.pause(), (town) => town.redis.resume()],
  ]) {
    test(`is certain when Redis is ${how}`, async (t) => {
      const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
      const { ada, carol, devices, watchers } = await scene(town, 'silent');
      await breaks(town);
      const talk = chatter(ada, 'silent');
      await devices[1].hears('and 3');
      await kicks(ada, 'silent', devices[0]);
      const live = devices.slice(0, 2);
      const ends = await Promise.all(live.map((device) => isOut(device, 'silent')));
      const after = await ada.says('silent', 'he is gone');
      await carol.hears('he is gone', { limit: SOON });
      const sent = await talk.stops();
      await Promise.all(watchers.map((watcher) => watcher.has([...sent, after].map(({ id }) => id))));
      agree(watchers);
      for (const [at, device] of live.entries()) {
        assert.deepEqual(heardOf(device, 'silent', ends[at]), [], `after its removal, device ${at}`);
      }
      await mends(town);
    });
  }

  test('by oneself, on another device, says so', async (t) => {
    const town = await replicas(t, 2);
    const { devices, carol } = await scene(town, 'leaving');
    await kicks(devices[0], 'leaving', devices[0]);
    await Promise.all(devices.map((device) => isOut(device, 'leaving', { reason: 'left' })));
    carol.hasNotSeen('room:removed');
    await carol.sees('user:left', { userId: devices[0].id });
  });

  test('while one’s join is on its way is its answer', async (t) => {
    const town = await replicas(t, 2, { ownPostgres: true });
    const ada = await town.guest('Ada', { at: 1 });
    const bob = await town.guest('Bob', { at: 0 });
    await ada.joins('doorway');
    const member = 'SELECT FROM members WHERE room_id = $1 AND user_id = $2';
    const isMember = async () => (await town.postgres.asks(member, ['doorway', bob.id])).length > 0;
    const isTold = async () => {
      // He becomes a member, and waits for the room's messages.
      const release = await town.postgres.holds('LOCK TABLE messages IN ACCESS EXCLUSIVE MODE');
      const joining = bob.tries('join:room', 'doorway');
      await until(isMember, 'his membership');
      await kicks(ada, 'doorway', bob);
      const { error } = await joining;
      await release();
      // On a busy machine the messages are given up before he is removed.
      assert.match(error?.code ?? 'let in', /^(forbidden|unavailable)$/);
      return error.code === 'forbidden';
    };
    await until(isTold, 'the removal to come before the messages');
    bob.hasNotSeen('room:history');
  });

  test('from a private room is for good, and answers as if there were none', async (t) => {
    const town = await replicas(t, 2);
    const { ada, devices } = await scene(town, 'private');
    const answer = await ada.rest.patch('/api/rooms/private', { visibility: 'private' });
    assert.equal(answer.status, 200, answer.text);
    await devices[1].sees('room:updated', { id: 'private', visibility: 'private' });
    await kicks(ada, 'private', devices[0]);
    await Promise.all(devices.map((device) => isOut(device, 'private', { reason: 'kicked' })));
    for (const device of devices) await device.isRefused('join:room', 'private', 'not_found');
  });

  test('a room that is deleted says so as its last word, and answers as if there were none', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const { ada, carol, devices } = await scene(town, 'ending');
    const { talking } = chatter(devices[1], 'ending');
    await carol.hears('and 10');
    const answer = await ada.rest.delete('/api/rooms/ending');
    assert.ok(answer.status === 204 || answer.status === 200, `${answer.status} ${answer.text}`);
    await assert.rejects(within(talking, 'a word to be refused'), /not_found|forbidden/);
    const live = [ada, carol, devices[0], devices[1]];
    const [first, ...others] = await Promise.all(live.map((one) => one.sees('room:deleted', { roomId: 'ending' })));
    for (const other of others) assert.deepEqual(other, first, 'the same revision for all');
    devices[2].hasNotSeen('room:deleted');
    for (const one of live) {
      await one.isRefused('join:room', 'ending', 'not_found');
      const end = one.journal.findIndex((entry) => entry.event === 'room:deleted') + 1;
      assert.deepEqual(heardOf(one, 'ending', end), []);
      one.hasNotSeen('room:removed');
    }
  });

  test('a room that is deleted while Redis is away is told of all the same', async (t) => {
    const town = await replicas(t, 2, { ownRedis: true });
    const { ada, carol } = await scene(town, 'unheard');
    await town.stopRedis();
    await ada.says('unheard', 'last words');
    const answer = await ada.rest.delete('/api/rooms/unheard');
    assert.ok(answer.status === 204 || answer.status === 200, `${answer.status} ${answer.text}`);
    await carol.sees('room:deleted', { roomId: 'unheard' }, { limit: SOON });
    await carol.isRefused('join:room', 'unheard', 'not_found');
    await town.startRedis();
    await carol.sees('resync', {});
  });
});
