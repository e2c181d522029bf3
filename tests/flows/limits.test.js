// Bounds that a person may run into: how fast, how many rooms.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { isProblem } from './support/rest.js';
import { embedded, replicas } from './support/town.js';

describe('a bound', { concurrency: 8 }, () => {
  test('ROOMS_PER_SOCKET: one room too many is refused until another is left', async (t) => {
    const town = await embedded(t, { ROOMS_PER_SOCKET: '3' });
    const ada = await town.guest('Ada');
    for (const room of ['one', 'two', 'three', 'three']) await ada.joins(room);
    await ada.isRefused('join:room', 'four', 'rate_limited');
    await ada.says('three', 'those joined stay');
    await ada.leaves('one');
    await ada.joins('four');
    const phone = await ada.again();
    await phone.joins('one');
  });

  test('MESSAGES_PER_SECOND: what is too fast is refused with the time to wait, and then goes', async (t) => {
    const town = await embedded(t, { MESSAGES_PER_SECOND: '2' });
    const ada = await town.guest('Ada');
    const bob = await town.guest('Bob');
    const watcher = await bob.stays('lobby');
    await ada.joins('lobby');
    const phone = await ada.again();
    const began = Date.now();
    const many = (device) =>
      Array.from({ length: 40 }, (_, i) => device.tries('message:send', { roomId: 'lobby', content: `message ${i}` }));
    const acks = await Promise.all([...many(ada), ...many(phone)]);
    const sent = acks.filter((ack) => ack.ok);
    const refused = acks.filter((ack) => !ack.ok);
    // A burst of 10 for both devices, and what grows meanwhile.
    const most = 11 + (2 * (Date.now() - began)) / 1000;
    assert.ok(sent.length >= 10 && sent.length <= most, `${sent.length} of 80 went through, at most ${most} may`);
    for (const { error } of refused) {
      assert.equal(error.code, 'rate_limited');
      assert.ok(
        Number.isInteger(error.retryAfterMs) && error.retryAfterMs > 0 && error.retryAfterMs < 60_000,
        `${error.retryAfterMs}`,
      );
    }
    const retryAfterMs = Math.max(...refused.map(({ error }) => error.retryAfterMs));
    await bob.says('lobby', 'the limit is hers alone');
    await pause(retryAfterMs);
    await ada.says('lobby', 'having waited');
    await watcher.reaches(sent.length + 2);
    watcher.isSound();
  });

  test('MESSAGES_PER_SECOND: all replicas and paths hold a user to one budget', overBackends, async (t) => {
    const town = await replicas(t, 2, { settings: { MESSAGES_PER_SECOND: '5' } });
    const ada = await town.citizen('Ada', { at: 0 });
    const phone = await ada.again({ at: 1 });
    await ada.joins('lobby');
    await phone.joins('lobby');
    const began = Date.now();
    const answers = await Promise.all([
      ...sends(ada, 40),
      ...sends(phone, 40),
      ...Array.from({ length: 20 }, (_, i) =>
        town.rest(i % 2, ada.token).post('/api/rooms/lobby/messages', { content: `posted ${i}` }),
      ),
    ]);
    const passed = answers.filter(isDone).length;
    const took = Date.now() - began;
    const alone = await Promise.all([0, 1].map((place) => figure(town, place, 'limits_alone_total')));
    // A burst of 25, what grows meanwhile, and what a replica let pass by itself, having waited in vain for an answer of Redis.
    const most = 26 + (5 * took) / 1000 + alone[0] + alone[1];
    assert.ok(passed >= 25 && passed <= most, `${passed} of 100 passed, at most ${most} may`);
    const posted = answers.slice(80).filter((answer) => !isDone(answer));
    for (const answer of posted) {
      isProblem(answer, 429, 'rate_limited');
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9][0-9]*$/);
      assert.ok(answer.body.retryAfterMs > 0 && answer.body.retryAfterMs <= 200, answer.text);
    }
    const refusals = await Promise.all([0, 1].map((place) => figure(town, place, 'rate_limited_total{limit="send"}')));
    assert.equal(refusals[0] + refusals[1], 100 - passed);
    const bob = await town.citizen('Bob', { at: 0 });
    await bob.joins('lobby');
    await bob.says('lobby', 'the limit is hers alone');
  });

  test(
    'MESSAGES_PER_SECOND: without Redis each replica goes on by itself, and with it they agree again',
    overBackends,
    async (t) => {
      const town = await replicas(t, 2, { settings: { MESSAGES_PER_SECOND: '5' }, ownRedis: true });
      await town.stopRedis();
      const [here, there] = await onBoth(town, 'Ada');
      for (const device of [here, there]) {
        const began = Date.now();
        const passed = (await Promise.all(sends(device, 60))).filter(isDone).length;
        const most = 26 + (5 * (Date.now() - began)) / 1000;
        assert.ok(passed >= 25 && passed <= most, `${passed} of 60 passed, at most ${most} may`);
      }
      await town.startRedis();
      await until(async () => {
        const devices = await onBoth(town, 'Eve');
        const began = Date.now();
        const passed = (await Promise.all(devices.flatMap((device) => sends(device, 40)))).filter(isDone).length;
        return passed >= 25 && passed <= 26 + (5 * (Date.now() - began)) / 1000;
      }, 'one budget for both replicas');
    },
  );

  test('EVENTS_PER_SECOND: other events of one socket have a bound of their own', async (t) => {
    const town = await embedded(t, { EVENTS_PER_SECOND: '2' });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const acks = await Promise.all(Array.from({ length: 40 }, () => ada.tries('typing:start', 'lobby')));
    const refused = acks.filter((ack) => !ack.ok);
    assert.ok(refused.length > 0 && refused.length <= 31, `${refused.length} of 40 were refused`);
    for (const { error } of refused) {
      assert.equal(error.code, 'rate_limited');
      assert.ok(error.retryAfterMs > 0, `${error.retryAfterMs}`);
    }
    await ada.says('lobby', 'messages have their own');
  });
});

/** So many messages at once, as their acknowledgements. */
function sends(device, count) {
  return Array.from({ length: count }, (_, i) =>
    device.tries('message:send', { roomId: 'lobby', content: `message ${i}` }),
  );
}

/** Whether an acknowledgement or an answer over REST says that it was done. */
function isDone(answer) {
  return answer.ok === true || answer.status === 201;
}

/** One user with a device on each of two replicas, in the lobby. */
async function onBoth(town, name) {
  const here = await town.citizen(name, { at: 0 });
  const there = await here.again({ at: 1 });
  await here.joins('lobby');
  await there.joins('lobby');
  return [here, there];
}

async function figure(town, place, name) {
  const { text } = await town.rest(place).get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`belfry_${name} `));
  return line ? Number(line.split(' ').at(-1)) : 0;
}
