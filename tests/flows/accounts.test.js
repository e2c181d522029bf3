// Accounts: made, logged in to, guessed at, and every name and password that is refused.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { isProblem } from './support/rest.js';
import { embedded, replicas } from './support/town.js';

const PASSWORD = 'correct horse';

const register = (town, username, password = PASSWORD, at = 0) =>
  town.rest(at).post('/api/auth/register', { username, password });

const logIn = (town, username, password = PASSWORD, at = 0) =>
  town.rest(at).post('/api/auth/login', { username, password });

describe('accounts', { concurrency: 8 }, () => {
  test('whoever has an account comes in, and logs in again without regard to case', async (t) => {
    const town = await embedded(t);
    const made = await register(town, 'Ada');
    assert.equal(made.status, 201, made.text);
    assert.equal(made.body.user.username, 'Ada');
    assert.ok(made.body.expiresIn > 0 && made.body.refreshToken && made.body.accessToken);
    const ada = await town.connected({ user: made.body.user, token: made.body.accessToken });
    await ada.joins('lobby');
    assert.equal((await ada.says('lobby', 'hello')).userId, made.body.user.id);
    const again = await logIn(town, 'aDA');
    assert.equal(again.status, 200, again.text);
    assert.deepEqual(again.body.user, { ...made.body.user, status: 'online' });
    const other = await town.connected({ user: again.body.user, token: again.body.accessToken });
    await other.joins('lobby');
    assert.doesNotMatch(town.said(), new RegExp(PASSWORD), 'no password is ever written down');
  });

  test('an account outlives the server', async (t) => {
    const town = await embedded(t);
    const { body } = await register(town, 'Ada');
    await town.stop();
    await town.starts();
    assert.equal((await logIn(town, 'Ada')).body.user.id, body.user.id);
  });

  test('a name is taken once, whoever takes it and however it is written', async (t) => {
    const town = await embedded(t);
    const answers = await Promise.all(['Ada', 'ada', 'ADA', 'Ａｄａ'].map((name) => register(town, name)));
    assert.deepEqual(answers.map((answer) => answer.status).sort(), [201, 409, 409, 409]);
    for (const answer of answers.filter((answer) => answer.status === 409)) isProblem(answer, 409, 'conflict');
    const guest = await town.guest('Bob');
    isProblem(await register(town, 'bob'), 409, 'conflict');
    assert.equal(guest.name, 'Bob');
    // A guest has no password, and is no one to log in to.
    isProblem(await logIn(town, 'Bob'), 401, 'unauthenticated');
  });

  test('names that could be taken for others are refused, with the reason', async (t) => {
    const town = await embedded(t);
    const refused = {
      nothing: ['', /1 to 32/],
      blanks: ['   ', /1 to 32/],
      '33 characters': ['x'.repeat(33), /1 to 32/],
      'a line break': ['ad\na', /U\+000A/],
      NUL: ['ad\u0000a', /U\+0000/],
      'a zero-width space': ['ad\u200Ba', /U\+200B/],
      'a right-to-left override': ['\u202EadA', /U\+202E/],
      'an isolate': ['\u2066ada\u2069', /U\+2066/],
      'a variation selector': ['ada\uFE0F', /U\+FE0F/],
      'a Cyrillic letter in a Latin name': ['\u0430dmin', /mixes/],
      'a Greek letter in a Latin name': ['adm\u03B9n', /mixes/],
      'a Cyrillic name that reads as a Latin one': ['\u0441\u043E\u0441\u043E', /looks like "coco"/],
      'a letter of phonetics': ['\u0251da', /names are not written with/],
    };
    for (const [what, [username, reason]] of Object.entries(refused)) {
      for (const answer of [await register(town, username), await town.rest().post('/api/auth/guest', { username })]) {
        isProblem(answer, 400, 'invalid_argument');
        assert.match(answer.body.detail, reason, what);
      }
    }
    for (const username of ['Ágnes', 'Иван', '田中さくら', 'x'.repeat(32), "O'Brien"]) {
      const answer = await register(town, username);
      assert.equal(answer.status, 201, answer.text);
      assert.equal(answer.body.user.username, username);
    }
  });

  test('passwords that are none, and requests that are wrong, are refused', async (t) => {
    const town = await embedded(t);
    for (const password of ['', '1234567', 'x'.repeat(257), 'x'.repeat(100_000), 5, null, undefined, ['12345678']]) {
      isProblem(await town.rest().post('/api/auth/register', { username: 'Ada', password }), 400, 'invalid_argument');
    }
    isProblem(await register(town, 'Ada Lovelace', 'ada lovelace'), 400, 'invalid_argument');
    for (const path of ['register', 'login', 'refresh', 'logout']) {
      for (const body of ['', '[]', '{}', 'null', '{"username":1,"password":1,"refreshToken":1}']) {
        isProblem(await town.rest().postRaw(`/api/auth/${path}`, body), 400, 'invalid_argument');
      }
    }
    assert.equal((await register(town, 'Ada', 'ü'.repeat(256))).status, 201);
    assert.equal((await logIn(town, 'Ada', 'u\u0308'.repeat(256))).status, 200);
  });

  test('with REGISTRATION=closed nobody makes an account, and who has one logs in', async (t) => {
    const town = await embedded(t);
    await register(town, 'Ada');
    await town.stop();
    await town.starts(0, { REGISTRATION: 'closed' });
    isProblem(await register(town, 'Ben'), 403, 'forbidden');
    assert.equal((await logIn(town, 'Ada')).status, 200);
  });

  test('nobody learns whether it was the name or the password', async (t) => {
    const town = await embedded(t);
    await register(town, 'Ada');
    const answers = [
      await logIn(town, 'Ada', 'wrong password'),
      await logIn(town, 'Ada', 'short'),
      await logIn(town, 'Nobody', 'wrong password'),
      await logIn(town, 'no\u0000name', 'wrong password'),
      await logIn(town, '', ''),
    ];
    for (const answer of answers) {
      isProblem(answer, 401, 'unauthenticated');
      assert.deepEqual(answer.body, answers[0].body);
    }
  });
});

describe('guessing', { concurrency: 8 }, () => {
  test('ten failures, and an account is left alone for a while, whether it exists or not', async (t) => {
    const town = await embedded(t);
    await register(town, 'Ada');
    await register(town, 'Ben');
    for (const name of ['Ada', 'Nobody']) {
      for (let guess = 0; guess < 10; guess++) {
        isProblem(await logIn(town, guess % 2 ? name : name.toLowerCase(), 'wrong password'), 401, 'unauthenticated');
      }
      const refused = await logIn(town, name);
      isProblem(refused, 429, 'rate_limited');
      assert.ok(refused.body.retryAfterMs > 0 && refused.body.retryAfterMs <= 30_000, refused.text);
      assert.equal(Number(refused.headers.get('retry-after')), Math.ceil(refused.body.retryAfterMs / 1000));
    }
    assert.equal((await logIn(town, 'Ben')).status, 200, 'other accounts are not concerned');
  });

  test('who knows the password may log in as often as they like', async (t) => {
    const town = await embedded(t);
    await register(town, 'Ada');
    for (let time = 0; time < 25; time++) assert.equal((await logIn(town, 'Ada')).status, 200);
  });

  /** How many of so many failures at once, which say that they are from `address(n)`, are told to wait. */
  const waiting = async (town, count, address) => {
    const guesses = Array.from({ length: count }, (_, n) =>
      // Too short a password to be hashed, which changes nothing but the time.
      forwarded(town, address(n), { username: `name-${n}`, password: 'short' }),
    );
    const answers = await Promise.all(guesses);
    for (const { status, text } of answers) assert.ok(status === 401 || status === 429, text);
    return answers.filter((answer) => answer.status === 429).length;
  };

  const forwarded = (town, address, body) =>
    town.rest().postRaw('/api/auth/login', JSON.stringify(body), {
      'content-type': 'application/json',
      'x-forwarded-for': address,
    });

  test('a hundred failures from one address, and it is left waiting; others are not concerned', async (t) => {
    const town = await embedded(t, { TRUSTED_PROXIES: '127.0.0.0/8' });
    await register(town, 'Ada');
    assert.equal(await waiting(town, 100, () => '203.0.113.9'), 0);
    // One more each second, so not all of these.
    assert.ok((await waiting(town, 100, () => '203.0.113.9')) > 0);
    assert.ok(
      (await waiting(town, 100, (n) => `198.51.100.${n}, 203.0.113.9`)) > 0,
      'what a client adds is not believed',
    );
    const ada = { username: 'Ada', password: PASSWORD };
    assert.equal((await forwarded(town, '203.0.113.10', ada)).status, 200);
  });

  test('a client that is no trusted proxy is not believed to be somewhere else', async (t) => {
    const town = await embedded(t);
    assert.ok((await waiting(town, 200, (n) => `203.0.113.${n}`)) > 0);
  });

  test('replicas count failures together', overBackends, async (t) => {
    const town = await replicas(t, 2);
    await register(town, 'Ada');
    const codes = [];
    for (let guess = 0; guess < 12; guess++) codes.push((await logIn(town, 'Ada', 'wrong password', guess % 2)).status);
    assert.deepEqual(codes.slice(0, 10), Array(10).fill(401));
    assert.ok(codes.slice(10).includes(429), codes.join());
    isProblem(await logIn(town, 'Ada', PASSWORD, 1), 429, 'rate_limited');
  });
});
