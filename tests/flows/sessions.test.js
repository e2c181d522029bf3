// Sessions: refresh tokens that are good once, and log-outs that reach every replica.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { isProblem } from './support/rest.js';
import { embedded, replicas } from './support/town.js';

const PASSWORD = 'correct horse';

const register = async (town, username) => {
  const { status, body, text } = await town.rest().post('/api/auth/register', { username, password: PASSWORD });
  assert.equal(status, 201, text);
  return body;
};

const logIn = async (town, username, at = 0) => {
  const { status, body, text } = await town.rest(at).post('/api/auth/login', { username, password: PASSWORD });
  assert.equal(status, 200, text);
  return body;
};

const refresh = (town, refreshToken, at = 0) => town.rest(at).post('/api/auth/refresh', { refreshToken });
const logOut = (town, refreshToken, at = 0) => town.rest(at).post('/api/auth/logout', { refreshToken });
const asks = (town, token, at = 0) => town.rest(at, token).get('/api/rooms?scope=mine');
const enters = (town, { user, accessToken: token }, at = 0, via = 'websocket') =>
  town.connected({ user, token, at, via });

/** The session's token opens nothing any more, on this replica. */
async function isShut(town, { user, accessToken: token }, at = 0) {
  await until(async () => (await asks(town, token, at)).status === 401, `replica ${at} refuses the token`, {
    seen: () => town.said(),
  });
  isProblem(await asks(town, token, at), 401, 'unauthenticated');
  await assert.rejects(enters(town, { user, accessToken: token }, at), /^Error: Authentication failed/);
}

async function isSentAway(person) {
  const { data: reason } = await person.isCut();
  assert.equal(reason, 'io server disconnect', 'a stock client must not come back by itself');
}

describe('sessions alone', { concurrency: 4 }, () => {
  test('a refresh token gives the next session, once', async (t) => {
    const town = await embedded(t);
    const first = await register(town, 'Ada');
    const second = await refresh(town, first.refreshToken);
    assert.equal(second.status, 200, second.text);
    assert.deepEqual(second.body.user, first.user);
    assert.notEqual(second.body.refreshToken, first.refreshToken);
    const third = await refresh(town, second.body.refreshToken);
    assert.equal(third.status, 200, third.text);
    assert.equal((await asks(town, third.body.accessToken)).status, 200);
  });

  test('a token used again takes its session with it, and no other of the user', async (t) => {
    const town = await embedded(t);
    const stolen = await register(town, 'Ada');
    const other = await logIn(town, 'Ada');
    const thief = (await refresh(town, stolen.refreshToken)).body;
    const [inside, outside] = [await enters(town, thief), await enters(town, other)];
    isProblem(await refresh(town, stolen.refreshToken), 401, 'unauthenticated');
    await isSentAway(inside);
    await isShut(town, thief);
    isProblem(await refresh(town, thief.refreshToken), 401, 'unauthenticated');
    await outside.joins('lobby');
    assert.equal((await refresh(town, other.refreshToken)).status, 200);
  });

  test('a log-out is remembered over a restart', async (t) => {
    const town = await embedded(t);
    const session = await register(town, 'Ada');
    assert.equal((await logOut(town, session.refreshToken)).status, 204);
    await town.stop();
    await town.starts();
    isProblem(await asks(town, session.accessToken), 401, 'unauthenticated');
  });

  for (const via of ['websocket', 'polling']) {
    test(`a log-out in the midst of ${via} tells each socket to go as the last thing`, async (t) => {
      const town = await embedded(t);
      const [session, other] = [await register(town, 'Ada'), await register(town, 'Ben')];
      const sockets = await Promise.all(Array.from({ length: 6 }, () => enters(town, session, 0, via)));
      const ben = await enters(town, other);
      for (const one of [ben, ...sockets]) await one.joins('lobby');
      const says = Array.from({ length: 60 }, (_, n) => ben.says('lobby', `and ${n}`));
      await sockets[0].hears('and 5');
      await logOut(town, session.refreshToken);
      await Promise.all(sockets.map(isSentAway));
      await Promise.all(says);
      await isShut(town, session);
    });
  }

  test('logging out again, or with a token that nobody has, is answered alike', async (t) => {
    const town = await embedded(t);
    const session = await register(town, 'Ada');
    for (const token of [session.refreshToken, session.refreshToken, 'nobody has this', '', 'x'.repeat(100_000)]) {
      const answer = await logOut(town, token);
      assert.equal(answer.status, 204, answer.text);
      assert.equal(answer.text, '');
    }
  });

  test('who has logged out logs in again, and stays', async (t) => {
    const town = await embedded(t);
    const first = await register(town, 'Ada');
    const before = await enters(town, first);
    await logOut(town, first.refreshToken);
    await isSentAway(before);
    const second = await logIn(town, 'Ada');
    const ada = await enters(town, second);
    // The old token once more must not reach the new session.
    await logOut(town, first.refreshToken);
    await ada.joins('lobby');
    await ada.says('lobby', 'still here');
    assert.equal((await asks(town, second.accessToken)).status, 200);
  });
});

describe('sessions over two replicas', { concurrency: 4 }, () => {
  test('a log-out cuts all sockets of its user on both, and shuts its token out of both', overBackends, async (t) => {
    const town = await replicas(t, 2);
    const session = await register(town, 'Ada');
    const other = await logIn(town, 'Ada', 1);
    const ben = await town.citizen('Ben', { at: 1 });
    const sockets = [await enters(town, session, 0), await enters(town, session, 1), await enters(town, other, 1)];
    assert.equal((await logOut(town, session.refreshToken, 0)).status, 204);
    for (const socket of sockets) await isSentAway(socket);
    for (const at of [0, 1]) await isShut(town, session, at);
    isProblem(await refresh(town, session.refreshToken, 1), 401, 'unauthenticated');
    // The other session has not been logged out: its owner may come back by it.
    await (await enters(town, other, 0)).joins('lobby');
    await ben.joins('lobby');
  });

  test('a log-out reaches the other replica while Redis is away', overBackends, async (t) => {
    const town = await replicas(t, 2, { ownRedis: true });
    const session = await register(town, 'Ada');
    const there = await enters(town, session, 1);
    await town.stopRedis();
    assert.equal((await logOut(town, session.refreshToken, 0)).status, 204);
    await isSentAway(there);
    await isShut(town, session, 1);
  });

  test('who logs in again at once is not cut by late word of the log-out', overBackends, async (t) => {
    const town = await replicas(t, 2, { ownRedis: true });
    const first = await register(town, 'Ada');
    const before = await enters(town, first, 1);
    await town.stopRedis();
    await logOut(town, first.refreshToken, 0);
    const ada = await enters(town, await logIn(town, 'Ada', 1), 1);
    await isSentAway(before);
    await isShut(town, first, 1);
    await ada.joins('lobby');
    await ada.says('lobby', 'still here');
  });

  test('of a refresh token used twice at once one use wins, and the session is revoked', overBackends, async (t) => {
    const town = await replicas(t, 2);
    const session = await register(town, 'Ada');
    const there = await enters(town, session, 1);
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => refresh(town, session.refreshToken, n % 2)));
    const won = answers.filter((answer) => answer.status === 200);
    assert.equal(won.length, 1, answers.map((answer) => answer.status).join());
    for (const lost of answers.filter((answer) => answer.status !== 200)) isProblem(lost, 401, 'unauthenticated');
    await isSentAway(there);
    isProblem(await refresh(town, won[0].body.refreshToken), 401, 'unauthenticated');
    for (const at of [0, 1]) await isShut(town, won[0].body, at);
  });
});
