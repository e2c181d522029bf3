// Changing secrets while people are there: the new one is known everywhere before anybody signs with it, and the old one stays until
// what it has signed is gone.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { isProblem, Rest } from './support/rest.js';
import { signed } from './support/tokens.js';
import { embedded, replicas, unhurried } from './support/town.js';

/** Each replica in turn is sent away and started with these settings, as a rolling update does. */
async function rolls(town, settings) {
  Object.assign(town.settings, settings);
  for (const place of town.servers.keys()) {
    await town.stop(place);
    await town.starts(place);
  }
}

/** Asks both replicas in turn until it is told to stop; every answer but a connection that has ended must be 200. */
function keepsAsking(town, tokens) {
  const wrong = [];
  let asked = 0;
  let stopped = false;
  const asks = async (token) => {
    for (let n = 0; !stopped; n++) {
      const answer = await new Rest(town.address('any'), token).get('/api/me').catch(() => undefined);
      // A connection that was open to a server that went says nothing about tokens; the balancer knows the other one.
      if (answer === undefined || answer.status === 503) continue;
      asked += 1;
      if (answer.status !== 200) wrong.push(`${answer.status} ${answer.text}`);
      if (n % 5 === 4) await new Promise(setImmediate);
    }
  };
  const asking = Promise.all(tokens.map(asks));
  return async () => {
    stopped = true;
    await asking;
    assert.deepEqual(wrong, []);
    assert.ok(asked > 0);
    return asked;
  };
}

describe('a secret is changed', { concurrency: 4 }, () => {
  test(
    'over two replicas without a request refused, and what the old one signed is good until it goes',
    overBackends,
    async (t) => {
      const town = await replicas(t, 2, { settings: { ...unhurried, DRAIN_SECONDS: '0' } });
      const [before, next] = [town.secret, randomBytes(32).toString('hex')];
      town.balancer.looksForReadiness();
      const ada = await town.guest('Ada', { at: 'any', reconnects: true });
      const watcher = await ada.stays('lobby');
      // An application's own, which it signs with the old secret, and without a name for it.
      const theirs = signed(before, { sub: 'theirs', name: 'Theirs', expiresIn: 600 });
      const stops = keepsAsking(town, [ada.token, theirs]);
      await rolls(town, { JWT_SECRET: before, JWT_PREVIOUS_SECRETS: next });
      await rolls(town, { JWT_SECRET: next, JWT_PREVIOUS_SECRETS: before });
      // One replica has signed it, each knows it.
      const { body: fresh } = await town.rest(0).post('/api/auth/guest', { username: 'Bob' });
      for (const place of [0, 1]) {
        assert.equal((await town.rest(place, fresh.accessToken).get('/api/me')).status, 200);
        assert.equal((await town.rest(place, theirs).get('/api/me')).status, 200);
      }
      await ada.insistsOn('lobby', 'still here');
      await watcher.reaches(1);
      t.diagnostic(`${await stops()} requests while all replicas were restarted twice`);
      await rolls(town, { JWT_PREVIOUS_SECRETS: undefined });
      for (const place of [0, 1]) {
        for (const old of [ada.token, theirs]) {
          isProblem(await town.rest(place, old).get('/api/me'), 401, 'unauthenticated');
        }
        assert.equal((await town.rest(place, fresh.accessToken).get('/api/me')).status, 200);
      }
      await assert.rejects(town.connected({ user: ada.user, token: theirs }), /^Error: Authentication failed/);
    },
  );

  test('tokens name the secret that signed them, and a wrong name opens and shuts nothing', async (t) => {
    const [one, other] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
    const town = await embedded(t, { JWT_SECRET: one, JWT_PREVIOUS_SECRETS: `${other}, ${'x'.repeat(40)}` });
    const { body } = await town.rest().post('/api/auth/guest', { username: 'Ada' });
    const { kid } = JSON.parse(Buffer.from(body.accessToken.split('.')[0], 'base64url').toString());
    assert.match(kid, /^[\w-]{8}$/);
    const claims = { sub: 'u', name: 'U', expiresIn: 600 };
    for (const secret of [one, other, 'x'.repeat(40)]) {
      assert.equal((await town.rest(0, signed(secret, claims, { kid })).get('/api/me')).status, 200);
    }
    const stranger = signed('y'.repeat(40), claims, { kid });
    isProblem(await town.rest(0, stranger).get('/api/me'), 401, 'unauthenticated');
  });

  test('a backend has two keys while its own is changed', async (t) => {
    const town = await embedded(t, { SERVER_API_KEY: 'key-of-before,key-of-now' });
    const publishes = (key) => town.rest(0, key).post('/api/publish', { to: { all: true }, event: 'bell' });
    for (const key of ['key-of-before', 'key-of-now']) assert.equal((await publishes(key)).status, 202, key);
    for (const key of ['key', 'key-of-before,key-of-now', '']) {
      isProblem(await publishes(key), 401, 'unauthenticated');
    }
  });
});
