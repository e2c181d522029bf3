// A backend with the server's key pushes events of its own to rooms, users and everybody.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const key = 'a-key-for-stories';
const settings = { ...unhurried, SERVER_API_KEY: key };
const town = await embedded({ after }, settings);
const publishes = async (place, event, at = 0) =>
  assert.deepEqual(answered(await place.rest(at, key).post('/api/publish', event), 202), {});

describe('a backend', { concurrency: 8 }, () => {
  test('reaches who is live in a room, a user’s every device, or all', async () => {
    const [ada, bob] = [await town.guest('Ada-live'), await town.guest('Bob-away')];
    const phone = await bob.again();
    await ada.joins('counter');
    await bob.joins('counter');
    await bob.leaves('counter');
    const data = { ticket: 7, tags: ['ü', null], nested: { deep: true }, total: 1.5 };
    await publishes(town, { to: { room: 'counter' }, event: 'ticket:closed', data });
    assert.deepEqual(await ada.sees('ticket:closed'), data);
    await publishes(town, { to: { user: bob.id }, event: 'ticket:yours', data: 'yours' });
    for (const device of [bob, phone]) assert.equal(await device.sees('ticket:yours'), 'yours');
    await publishes(town, { to: { all: true }, event: 'maintenance' });
    for (const one of [ada, bob, phone]) assert.equal(await one.sees('maintenance'), null);
    ada.hasNotSeen('ticket:yours');
    for (const device of [bob, phone]) device.hasNotSeen('ticket:closed');
    assert.equal((await ada.looksAt('counter')).rev, 0, 'it takes no revision');
  });

  test('names its events as it likes, but not as the server or Socket.IO do', async () => {
    const ada = await town.guest('Ada-hears');
    await ada.joins('names');
    for (const event of ['say "hi"\\', '🦀', 'x'.repeat(64), '__proto__']) {
      await publishes(town, { to: { room: 'names' }, event, data: { event } });
      assert.deepEqual(await ada.sees(event), { event });
    }
    const taken = [
      ...['join:room', 'leave:room', 'message:send', 'message:edit', 'message:delete', 'message:clap', 'message:react'],
      ...['message:read', 'typing:start', 'typing:stop', 'presence:update', 'room:history', 'message:new'],
      ...['message:updated', 'message:deleted', 'message:clapped', 'message:reacted', 'room:updated', 'room:deleted'],
      ...['room:removed', 'room:read', 'room:occupancy', 'user:joined', 'user:left', 'typing:user', 'presence:changed'],
      ...['notification', 'job:update', 'resync', 'error', 'connect', 'connect_error', 'disconnect', 'disconnecting'],
      ...['newListener', 'removeListener'],
    ];
    for (const event of [...taken, '', 'x'.repeat(65), 'a\nb', 5, null, undefined])
      isProblem(await town.rest(0, key).post('/api/publish', { to: { all: true }, event }), 400, 'invalid_argument');
  });

  test('says to whom, in one way', async () => {
    const ada = await town.guest('Ada-ends');
    await ada.opens('ended');
    await ada.ends('ended');
    const rest = town.rest(0, key);
    const wrong = [
      undefined,
      null,
      'all',
      [],
      {},
      { all: false },
      { all: 1 },
      { room: 'names', all: true },
      { room: 'names', user: 'ada' },
      { room: 'two words' },
      { room: 5 },
      { user: '' },
    ];
    for (const to of wrong) isProblem(await rest.post('/api/publish', { to, event: 'x' }), 400, 'invalid_argument');
    for (const body of [null, [], 'x', 5]) isProblem(await rest.post('/api/publish', body), 400, 'invalid_argument');
    isProblem(await rest.postRaw('/api/publish', '{"to":{"all":true},"event":"x","data":}'), 400, 'invalid_argument');
    const deep = `{"to":{"all":true},"event":"x","data":${'['.repeat(5_000)}${']'.repeat(5_000)}}`;
    isProblem(await rest.postRaw('/api/publish', deep), 400, 'invalid_argument');
    for (const room of ['ended', 'never-there'])
      isProblem(await rest.post('/api/publish', { to: { room }, event: 'x' }), 404, 'not_found');
    const large = { to: { all: true }, event: 'x', data: 'x'.repeat(10_000_000) };
    // A server may close the connection while the client still writes: then there is no answer to read.
    const answer = await rest.post('/api/publish', large).catch((error) => error);
    if (!(answer instanceof TypeError)) isProblem(answer, 413, 'payload_too_large');
  });

  test('proves itself with the key, which no user has', async () => {
    const ada = await town.guest('Ada-no-backend');
    for (const token of [undefined, '', ada.token, `${key}x`, key.slice(1), key.toUpperCase()]) {
      const rest = town.rest(0, token);
      isProblem(await rest.post('/api/publish', { to: { all: true }, event: 'x' }), 401, 'unauthenticated');
      isProblem(await rest.post('/api/publish', { nonsense: true }), 401, 'unauthenticated');
    }
    isProblem(await town.rest(0, key).get('/api/me'), 401, 'unauthenticated');
  });

  test('finds nothing where the server has been given no key', async (t) => {
    const keyless = await embedded(t);
    const ada = await keyless.guest('Ada');
    const absent = await ada.rest.post('/api/no/such/path', {});
    for (const token of [undefined, '', key, ada.token]) {
      const answer = await keyless.rest(0, token).post('/api/publish', { to: { all: true }, event: 'x' });
      isProblem(answer, 404, 'not_found');
      assert.equal(answer.text, absent.text);
    }
  });
});

test('through any replica a backend reaches everybody on all of them', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings });
  const people = [await town.guest('Ada', { at: 0 }), await town.guest('Bob', { at: 1 })];
  for (const one of people) await one.joins('lobby');
  for (const at of [0, 1]) {
    await publishes(town, { to: { room: 'lobby' }, event: `room from ${at}`, data: { at } }, at);
    await publishes(town, { to: { all: true }, event: `all from ${at}`, data: { at } }, at);
    for (const one of people) {
      await publishes(town, { to: { user: one.id }, event: `${one.name} from ${at}`, data: { at } }, at);
      for (const event of [`room from ${at}`, `all from ${at}`, `${one.name} from ${at}`])
        assert.deepEqual(await one.sees(event), { at });
    }
  }
  for (const one of people) {
    const heard = one.journal.filter(({ event }) => / from /.test(event ?? '')).map(({ event }) => event);
    assert.equal(new Set(heard).size, heard.length, `each once: ${heard}`);
    assert.equal(heard.length, 6, `and nobody else’s: ${heard}`);
  }
});
