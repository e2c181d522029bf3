// Coming in: guests and signed tokens, over websocket and polling, and everybody who is turned away.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, describe, test } from 'node:test';
import { LIMIT, within } from './support/limits.js';
import { isProblem } from './support/rest.js';
import { signed } from './support/tokens.js';
import { embedded } from './support/town.js';

const town = await embedded({ after });

describe('coming in', { concurrency: 8 }, () => {
  for (const via of ['websocket', 'polling', 'both']) {
    test(`a guest comes in over ${via}, joins, speaks and is heard`, async () => {
      const room = `over-${via}`;
      const ada = await town.guest(`Ada-${via}`, { via });
      const bob = await town.guest(`Bob-${via}`, { via });
      await ada.joins(room);
      await bob.joins(room);
      await ada.says(room, 'hello');
      const heard = await bob.hears('hello');
      assert.equal(heard.userId, ada.id);
      assert.equal(heard.username, `Ada-${via}`);
      await ada.hears('hello');
    });
  }

  test('a stock client that starts with polling goes over to websocket and misses nothing', async () => {
    const ada = await town.guest('Ada-upgrades', { via: 'both' });
    const watcher = await ada.stays('upgrading');
    const { engine } = ada.socket.io;
    const upgraded = new Promise((resolve) => {
      if (engine.transport.name === 'websocket') resolve();
      engine.once('upgrade', resolve);
    });
    const before = Array.from({ length: 10 }, (_, i) => ada.says('upgrading', `before ${i}`));
    await within(upgraded, 'the upgrade to websocket');
    const afterwards = Array.from({ length: 10 }, (_, i) => ada.says('upgrading', `afterwards ${i}`));
    const messages = await Promise.all([...before, ...afterwards]);
    await watcher.has(messages.map((message) => message.id));
    watcher.isSound();
    assert.equal(engine.transport.name, 'websocket');
  });

  test('the answer to a guest holds the user, a token and how long it is good for', async () => {
    const { body, status } = await town.rest().post('/api/auth/guest', { username: 'Grace' });
    assert.ok(status === 200 || status === 201, String(status));
    assert.equal(body.user.username, 'Grace');
    assert.match(body.user.id, /^.{1,128}$/);
    assert.equal(typeof body.accessToken, 'string');
    assert.ok(Number.isInteger(body.expiresIn) && body.expiresIn > 0, `expiresIn: ${body.expiresIn}`);
  });

  test('the second of a name gets a suffix', async () => {
    const one = await town.guest('Twin');
    const other = await town.guest('Twin');
    assert.equal(one.name, 'Twin');
    assert.notEqual(other.name, 'Twin');
    assert.match(other.name, /^Twin/);
    assert.notEqual(one.id, other.id);
  });

  test('a name that is none gets no token', async () => {
    for (const username of ['', '   ', 5, null, undefined, 'x'.repeat(10_000)]) {
      isProblem(await town.rest().post('/api/auth/guest', { username }), 400, 'invalid_argument');
    }
  });

  test('a signed token makes its sub a user, with the same id at every coming', async () => {
    const id = 'https://id.example/users/42 "quoted" ü';
    const ada = await town.citizen('Signed', { id });
    await ada.joins('signed');
    const first = await ada.says('signed', 'first');
    assert.equal(first.userId, id);
    assert.equal(first.username, 'Signed');
    ada.goes();
    const again = await town.citizen('Signed', { id });
    await again.joins('signed');
    const second = await again.says('signed', 'second');
    assert.equal(second.userId, id);
    assert.equal(second.username, 'Signed');
  });

  test('preferred_username names the user where name is missing', async () => {
    const token = town.token({ sub: 'preferring', preferred_username: 'Prefers' });
    const person = await town.connected({ user: { id: 'preferring' }, token });
    await person.joins('preferred');
    assert.equal((await person.says('preferred', 'hello')).username, 'Prefers');
  });

  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x","name":"x","exp":9999999999}').toString('base64url')}.`;
  const refused = {
    'no token': undefined,
    'a token that is no string': 42,
    'an empty token': '',
    'a token that is noise': 'noise',
    'a token of another secret': signed('another secret of thirty-two bytes', { sub: 'mallory', name: 'Mallory' }),
    'an expired token': town.token({ sub: 'late', name: 'Late', expiresIn: -3600 }),
    'an unsigned token': unsigned,
    'a token without sub': town.token({ name: 'Nobody' }),
    'a token with an empty sub': town.token({ sub: '', name: 'Nobody' }),
    'a token with a sub of 129 characters': town.token({ sub: 'x'.repeat(129), name: 'Long' }),
    'a token that never expires': withoutExpiry(),
  };
  for (const [name, token] of Object.entries(refused)) {
    for (const via of ['websocket', 'polling']) {
      test(`${name} is turned away over ${via}`, async () => {
        const stranger = town.meets({ user: { id: '', username: 'stranger' }, token, via });
        await assert.rejects(stranger.connects(), /^Error: Authentication failed/);
      });
    }
  }

  test('a connection is cut within a minute of its token running out, and comes back with a new one', async () => {
    const ada = await town.citizen('Fleeting', { expiresIn: 10 });
    await ada.joins('fleeting');
    const { data: reason } = await ada.isCut({ limit: 65_000 });
    // "io server disconnect" would tell a stock client to stay away.
    assert.notEqual(reason, 'io server disconnect');
    await assert.rejects(town.connected({ user: ada.user, token: ada.token }), /^Error: Authentication failed/);
    const back = await town.citizen('Fleeting', { id: ada.id });
    await back.says('fleeting', 'back');
  });
});

describe('doors that are shut', { concurrency: 4 }, () => {
  test('with GUESTS=off a name alone is not enough, a signed token still is', async (t) => {
    const closed = await embedded(t, { GUESTS: 'off' });
    isProblem(await closed.rest().post('/api/auth/guest', { username: 'Ada' }), 403, 'forbidden');
    const ada = await closed.citizen('Ada');
    await ada.joins('lobby');
  });

  test('without JWT_SECRET the server makes one and keeps it', async (t) => {
    const keeping = await embedded(t, { JWT_SECRET: undefined });
    const ada = await keeping.guest('Ada');
    ada.goes();
    await keeping.stop();
    await keeping.starts();
    const again = await ada.again();
    await again.joins('lobby');
    await within(again.says('lobby', 'the old token is still good'), 'a message', { limit: LIMIT });
  });
});

function withoutExpiry() {
  const body = [
    { alg: 'HS256', typ: 'JWT' },
    { sub: 'forever', name: 'Forever' },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${body}.${createHmac('sha256', town.secret).update(body).digest('base64url')}`;
}
