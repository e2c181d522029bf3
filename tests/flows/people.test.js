// People: found by their names, with what they are called and whether they are here.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const town = await embedded({ after }, unhurried);

describe('people', { concurrency: 8 }, () => {
  test('are found by what their names hold, whatever the case, in pages', async () => {
    const ada = await town.guest('Ada-finds');
    for (const name of ['Zoë-of-X', 'zoe-of-x', '50%_of-X']) await town.guest(name);
    const names = async (q) => {
      const found = [];
      let cursor = '';
      do {
        const answer = await ada.rest.get(`/api/users?q=${encodeURIComponent(q)}&limit=2${cursor}`);
        const { users, nextCursor } = answered(answer, 200);
        assert.ok(users.length <= 2);
        found.push(...users.map((user) => user.username));
        cursor = nextCursor && `&cursor=${encodeURIComponent(nextCursor)}`;
      } while (cursor);
      return found;
    };
    assert.deepEqual(await names('OF-x'), ['50%_of-X', 'zoe-of-x', 'Zoë-of-X']);
    assert.deepEqual(await names('%_'), ['50%_of-X']);
    assert.deepEqual(await names('no such name'), []);
    const { users } = answered(await ada.rest.get('/api/users?limit=100'), 200);
    assert.ok(users.length >= 4 && users.some((user) => user.id === ada.id));
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'q=%00', `q=${'x'.repeat(101)}`, 'cursor=%00'])
      isProblem(await ada.rest.get(`/api/users?${query}`), 400, 'invalid_argument');
  });

  test('are shown with their status, and when they were last here', async () => {
    const ada = await town.guest('Ada-looks');
    const bob = await town.guest('Bob-comes-goes');
    const look = async () => answered(await ada.rest.get(`/api/users/${bob.id}`), 200);
    await bob.does('presence:update', 'busy');
    await until(async () => (await look()).status === 'busy', 'he is shown as busy');
    assert.deepEqual(await look(), { id: bob.id, username: 'Bob-comes-goes', status: 'busy' });
    const before = Date.now();
    bob.goes();
    const gone = await until(async () => {
      const user = await look();
      return user.lastSeen && user;
    }, 'it is known when he was last here');
    assert.equal(gone.status, 'offline');
    assert.ok(Math.abs(Date.parse(gone.lastSeen) - before) < 60_000, gone.lastSeen);
    await bob.connects();
    await until(async () => (await look()).status === 'online', 'he is shown as online');
    assert.equal((await look()).lastSeen, undefined);
    isProblem(await ada.rest.get('/api/users/nobody-at-all'), 404, 'not_found');
    isProblem(await ada.rest.get(`/api/users/${'x'.repeat(129)}`), 400, 'invalid_argument');
  });

  test('choose a name to be shown by, and take it away', async () => {
    const ada = await town.guest('Ada-renamed');
    const bob = await town.guest('Bob-sees-name');
    await ada.joins('named');
    assert.deepEqual(answered(await ada.rest.get('/api/me'), 200), {
      id: ada.id,
      username: 'Ada-renamed',
      status: 'online',
    });
    const changed = answered(await ada.rest.patch('/api/me', { displayName: '  Ada   L. 阿達 ' }), 200);
    assert.deepEqual([changed.displayName, changed.username], ['Ada L. 阿達', 'Ada-renamed']);
    const displayed = async () => {
      const seen = [
        await ada.rest.get('/api/me'),
        await bob.rest.get(`/api/users/${ada.id}`),
        await bob.rest.get('/api/users?q=ada-RENAMED'),
        await bob.rest.get('/api/rooms/named/members'),
        await bob.rest.get('/api/rooms/named/presence'),
      ];
      const [me, one, { users }, { members }, { online }] = seen.map((answer) => answered(answer, 200));
      return [me, one, ...users, members[0].user, ...online].map((user) => user.displayName);
    };
    assert.deepEqual(await displayed(), Array(5).fill('Ada L. 阿達'));
    const { users } = answered(await bob.rest.get(`/api/users?q=${encodeURIComponent('ada l. 阿')}`), 200);
    assert.deepEqual(
      users.map((user) => user.id),
      [ada.id],
    );
    assert.equal(answered(await ada.rest.patch('/api/me', {}), 200).displayName, 'Ada L. 阿達');
    const wrong = [
      { displayName: '' },
      { displayName: '  ' },
      { displayName: 5 },
      { displayName: ['Ada'] },
      { displayName: 'x'.repeat(65) },
      { displayName: 'Ada\nAdmin' },
      { displayName: 'Ada\u0000' },
      { displayName: 'nimdA\u202Enope' },
      { displayName: 'A\u200Bda' },
      { displayName: '\u3164' },
      [],
      null,
      'Ada',
    ];
    for (const body of wrong) isProblem(await ada.rest.patch('/api/me', body), 400, 'invalid_argument');
    assert.equal(answered(await ada.rest.get('/api/me'), 200).displayName, 'Ada L. 阿達');
    assert.equal(answered(await ada.rest.patch('/api/me', { displayName: null }), 200).displayName, undefined);
    assert.deepEqual(await displayed(), Array(5).fill(undefined));
  });

  test('are for those who say who they are', async () => {
    const rest = town.rest();
    for (const path of ['/api/me', '/api/users', '/api/users/x', '/api/rooms/x/members'])
      isProblem(await rest.get(path), 401, 'unauthenticated');
    isProblem(await rest.patch('/api/me', { displayName: 'x' }), 401, 'unauthenticated');
    isProblem(await rest.post('/api/direct', { userId: 'x' }), 401, 'unauthenticated');
  });
});

test('over two replicas it is known who is here, and who is gone with their replica', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const ada = await town.guest('Ada', { at: 0 });
  const bob = await town.guest('Bob', { at: 1 });
  await bob.joins('lobby');
  const look = async () => answered(await ada.rest.get(`/api/users/${bob.id}`), 200);
  await until(async () => (await look()).status === 'online', 'he is shown as online');
  answered(await bob.rest.patch('/api/me', { displayName: 'Robert' }), 200);
  assert.equal((await look()).displayName, 'Robert');
  await town.kill(1);
  const gone = await until(async () => {
    const user = await look();
    return user.lastSeen && user;
  }, 'it is known when he was last here');
  assert.equal(gone.status, 'offline');
});
