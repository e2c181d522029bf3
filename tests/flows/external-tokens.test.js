// Tokens of another issuer: keys from a file and from the web, changed, slow, huge, malformed, gone and back.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Issuer, Key, published } from './support/issuer.js';
import { until } from './support/limits.js';
import { isProblem, Rest } from './support/rest.js';
import { embedded, empty } from './support/town.js';

/** Milliseconds within which a changed key is known: an unknown one is asked for at most every 30 s. */
const CHANGED = 60_000;

const asks = (town, token) => town.rest(0, token).get('/api/rooms?scope=mine');

const comesIn = (town, token, what, limit) =>
  until(async () => (await asks(town, token)).status === 200, what, { limit, seen: () => town.said() });

describe('external tokens', { concurrency: 8 }, () => {
  test('keys in a file let in whom they have signed for, by all three algorithms', async (t) => {
    const keys = ['RS256', 'ES256', 'EdDSA'].map((alg) => new Key(`by-${alg}`, alg));
    const town = await empty(t, { JWT_JWKS: 'keys.json', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'chat' });
    await writeFile(join(town.directory, 'keys.json'), published(...keys));
    await town.opens(1);
    const claims = { iss: 'https://id.example', aud: ['chat', 'mail'] };
    for (const key of keys) {
      const user = { id: `sub-${key.alg}`, username: `Name ${key.alg}` };
      const token = key.signs({ ...claims, sub: user.id, name: user.username });
      const person = await town.connected({ user, token });
      await person.joins('lobby');
      const said = await person.says('lobby', 'hello');
      assert.equal(said.userId, user.id);
      assert.equal(said.username, user.username);
    }
    // Ours are as good as before.
    await (await town.citizen('Ada')).joins('lobby');
  });

  test('whoever confuses algorithms, issuers, audiences or times is turned away', async (t) => {
    const [rsa, ec, stranger] = [new Key('rsa', 'RS256'), new Key('ec', 'ES256'), new Key('rsa', 'RS256')];
    const town = await empty(t, { JWT_JWKS: 'keys.json', JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'chat' });
    await writeFile(join(town.directory, 'keys.json'), published(rsa, ec));
    await town.opens(1);
    const claims = { sub: 'mallory', name: 'Mallory', iss: 'https://id.example', aud: 'chat' };
    assert.equal((await asks(town, rsa.signs(claims))).status, 200);
    const hmac = (secret, kid) => {
      const now = Math.floor(Date.now() / 1000);
      const body = [
        { alg: 'HS256', kid },
        { ...claims, exp: now + 600 },
      ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
      return `${body.join('.')}.${createHmac('sha256', secret).update(body.join('.')).digest('base64url')}`;
    };
    const refused = {
      'HS256 with the public key in PEM': hmac(rsa.publicKey.export({ type: 'spki', format: 'pem' }), 'rsa'),
      'HS256 with the public key in PKCS 1': hmac(rsa.publicKey.export({ type: 'pkcs1', format: 'pem' }), 'rsa'),
      'HS256 with the public key as a JWK': hmac(JSON.stringify(rsa.jwk), 'rsa'),
      'HS256 with the public key in DER': hmac(ec.publicKey.export({ type: 'spki', format: 'der' }), 'ec'),
      'no algorithm': rsa.signs(claims, { alg: 'none' }).replace(/[^.]*$/, ''),
      'RS256 under the id of another kind of key': rsa.signs(claims, { kid: 'ec' }),
      'RS256 that says it is ES256': rsa.signs(claims, { alg: 'ES256' }),
      'a key of the same id': stranger.signs(claims),
      'a key that nobody has': rsa.signs(claims, { kid: 'unheard-of' }),
      'no id where there are several keys': rsa.signs(claims, { kid: undefined }),
      'a key that the token brings along': stranger.signs(claims, { kid: undefined, jwk: stranger.jwk }),
      'another issuer': rsa.signs({ ...claims, iss: 'https://evil.example' }),
      'another audience': rsa.signs({ ...claims, aud: 'mail' }),
      'no audience': rsa.signs({ ...claims, aud: undefined }),
      'an end a while ago': rsa.signs({ ...claims, expiresIn: -90 }),
      'no end': rsa.signs({ ...claims, exp: undefined }),
      'a beginning to come': rsa.signs({ ...claims, nbf: Math.floor(Date.now() / 1000) + 120 }),
      'no sub': rsa.signs({ ...claims, sub: undefined }),
    };
    for (const [what, token] of Object.entries(refused)) {
      const stranger = town.meets({ user: { id: '', username: 'stranger' }, token });
      await assert.rejects(stranger.connects(), /^Error: Authentication failed/, what);
      isProblem(await asks(town, token), 401, 'unauthenticated');
    }
    const late = rsa.signs({ ...claims, expiresIn: -30 });
    assert.equal((await asks(town, late)).status, 200, 'clocks may be a minute apart');
  });

  test('a name from a token becomes one that cannot be taken for another', async (t) => {
    const key = new Key('a');
    const town = await empty(t, { JWT_JWKS: 'keys.json' });
    await writeFile(join(town.directory, 'keys.json'), published(key));
    await town.opens(1);
    const named = async (sub, name) => {
      const person = await town.connected({ user: { id: sub }, token: key.signs({ sub, name }) });
      await person.joins('names');
      return (await person.says('names', 'hello')).username;
    };
    assert.equal(await named('one', 'Ada'), 'Ada');
    assert.equal(await named('two', 'aDA'), 'aDA-2');
    assert.equal(await named('three', '\u0410da'), 'Ada-3');
    assert.equal(await named('four', '\u202EBob\u200B'), 'Bob');
    assert.equal(await named('жω', 'жω'), 'user');
  });

  test('a key that is new in the file is found when a token names it', async (t) => {
    const [old, fresh] = [new Key('old'), new Key('fresh', 'ES256')];
    const town = await empty(t, { JWT_JWKS: 'keys.json' });
    await writeFile(join(town.directory, 'keys.json'), published(old));
    await town.opens(1);
    assert.equal((await asks(town, old.signs({ sub: 'ada' }))).status, 200);
    await writeFile(join(town.directory, 'keys.json'), published(fresh));
    await comesIn(town, fresh.signs({ sub: 'ben' }), 'the new key is known', CHANGED);
    isProblem(await asks(town, old.signs({ sub: 'ada' })), 401, 'unauthenticated');
  });

  test('a key that is new on the web is asked for once, however many tokens name it and others', async (t) => {
    const issuer = await Issuer.opens(t);
    const [old, fresh] = [new Key('old'), new Key('fresh')];
    issuer.publishes(old);
    const town = await embedded(t, { JWT_JWKS: issuer.url });
    await comesIn(town, old.signs({ sub: 'ada' }), 'the first key is known');
    assert.equal(issuer.asked, 1);
    issuer.publishes(old, fresh);
    const tokens = Array.from({ length: 20 }, (_, n) => fresh.signs({ sub: `user-${n}` }));
    // Nobody waits for the keys for long: on a busy machine some are told to come again.
    const isKnown = async (token) => {
      const { status } = await asks(town, token);
      assert.ok(status === 200 || status === 503, `answered ${status}`);
      return status === 200;
    };
    await Promise.all(tokens.map((token) => until(() => isKnown(token), 'the new key is known')));
    const strange = Array.from({ length: 20 }, (_, n) => new Key(`strange-${n}`).signs({ sub: 'mallory' }));
    for (const token of strange) isProblem(await asks(town, token), 401, 'unauthenticated');
    assert.equal(issuer.asked, 2);
  });

  test('an issuer that hangs holds nobody else up, and its people are told to come again', async (t) => {
    const issuer = await Issuer.opens(t);
    const key = new Key('a');
    issuer.answers = () => {};
    const town = await embedded(t, { JWT_JWKS: issuer.url });
    await (await town.citizen('Ada')).joins('lobby');
    const answer = await asks(town, key.signs({ sub: 'ben' }));
    isProblem(answer, 503, 'unavailable');
    assert.match(answer.body.detail, /^Authentication failed/);
    assert.ok(answer.body.retryAfterMs > 0);
    issuer.publishes(key);
    await comesIn(town, key.signs({ sub: 'ben' }), 'the issuer answers again');
    const ben = await town.connected({ user: { id: 'ben' }, token: key.signs({ sub: 'ben' }) });
    await ben.joins('lobby');
  });

  const bad = {
    huge: (_, response) => {
      const filler = Buffer.alloc(64 * 1024, ' ');
      const pour = () => {
        while (!response.destroyed && response.write(filler));
      };
      response.on('drain', pour);
      pour();
    },
    malformed: (_, response) => response.end('<html>down for maintenance</html>'),
    'without a key': (_, response) => response.end('{"keys":[{"kty":"oct","k":"AAAA"}]}'),
    'an error': (_, response) => response.writeHead(500).end(published()),
    'a redirect without an end': (request, response) => response.writeHead(302, { location: request.url }).end(),
    'a redirect to a file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  };
  for (const [what, answers] of Object.entries(bad)) {
    test(`an answer that is bad (${what}) takes no key away, and none is known by it`, async (t) => {
      const issuer = await Issuer.opens(t);
      const [key, other] = [new Key('a'), new Key('b')];
      issuer.answers = answers;
      const town = await embedded(t, { JWT_JWKS: issuer.url });
      isProblem(await asks(town, key.signs({ sub: 'ada' })), 503, 'unavailable');
      await (await town.citizen('Ada')).joins('lobby');
      issuer.publishes(key);
      await comesIn(town, key.signs({ sub: 'ada' }), 'the keys are good again');
      issuer.answers = answers;
      await until(
        async () => (await asks(town, other.signs({ sub: 'ben' }))).status === 503,
        'the new key is asked for',
        { limit: CHANGED, seen: () => town.said() },
      );
      assert.equal((await asks(town, key.signs({ sub: 'ada' }))).status, 200, 'the old key is kept');
    });
  }

  test('an issuer that is gone takes no key away, and is found when it is back', async (t) => {
    const issuer = await Issuer.opens(t);
    const [old, fresh] = [new Key('old'), new Key('fresh')];
    issuer.publishes(old);
    const town = await embedded(t, { JWT_JWKS: issuer.url });
    await comesIn(town, old.signs({ sub: 'ada' }), 'the first key is known');
    await issuer.closes();
    isProblem(await asks(town, fresh.signs({ sub: 'ben' })), 503, 'unavailable');
    assert.equal((await asks(town, old.signs({ sub: 'ada' }))).status, 200);
    issuer.publishes(fresh);
    await issuer.opensAt(issuer.port);
    await comesIn(town, fresh.signs({ sub: 'ben' }), 'the issuer is back', CHANGED);
  });

  test('a redirect is followed', async (t) => {
    const issuer = await Issuer.opens(t);
    const key = new Key('a');
    issuer.answers = (request, response) => {
      if (request.url === '/elsewhere') response.end(published(key));
      else response.writeHead(301, { location: '/elsewhere' }).end();
    };
    const town = await embedded(t, { JWT_JWKS: issuer.url });
    await comesIn(town, key.signs({ sub: 'ada' }), 'the key is known');
  });

  test('a server whose keys are missing starts, says so, and takes them when they come', async (t) => {
    const key = new Key('a');
    const town = await embedded(t, { JWT_JWKS: 'missing.json' });
    isProblem(await asks(town, key.signs({ sub: 'ada' })), 503, 'unavailable');
    const said = town.said().split('\n');
    assert.equal(said.filter((line) => /the keys of JWT_JWKS cannot be had/.test(line)).length, 1, town.said());
    await writeFile(join(town.directory, 'missing.json'), published(key));
    await comesIn(town, key.signs({ sub: 'ada' }), 'the keys are there');
    assert.equal((await new Rest(town.address()).get('/ready')).status, 200);
  });
});
