// What HTTP itself has rules for: other origins, caches, methods, JSON types, and the files behind it all.

import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { isProblem } from './support/rest.js';
import { embedded } from './support/town.js';

const friend = 'https://chat.example.org';
const town = await embedded(
  { after },
  { CORS_ORIGINS: friend, SERVER_API_KEY: 'a-key', DATABASE_URL: 'sqlite://data/own.db' },
);

const asks = (method, path, headers) => fetch(`${town.address()}${path}`, { method, headers });

describe('over HTTP', { concurrency: 8 }, () => {
  test('a page of a named origin may use every method, and read when to come again; others may not', async () => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      const preflight = (origin) =>
        asks('OPTIONS', '/api/rooms/any', {
          origin,
          'access-control-request-method': method,
          'access-control-request-headers': 'authorization,content-type',
        });
      const { status, headers } = await preflight(friend);
      assert.equal(status, 200);
      assert.equal(headers.get('access-control-allow-origin'), friend);
      assert.ok(headers.get('access-control-allow-methods').split(',').includes(method), method);
      assert.match(headers.get('access-control-allow-headers'), /authorization/);
      assert.equal((await preflight('https://elsewhere.example')).headers.get('access-control-allow-origin'), null);
    }
    const { headers } = await asks('GET', '/api/me', { origin: friend });
    assert.match(headers.get('access-control-expose-headers'), /retry-after/);
  });

  test('nothing below /api is kept by a cache, and what is not there is a problem like any other', async () => {
    const rest = town.rest();
    const session = await rest.post('/api/auth/guest', { username: 'Ada-caches' });
    for (const answer of [session, await rest.get('/api/me'), await rest.get('/api/docs')]) {
      assert.equal(answer.headers.get('cache-control'), 'no-store');
    }
    for (const path of ['/api', '/api/', '/api/nothing', '/api/rooms/']) {
      isProblem(await rest.get(path), 404, 'not_found');
    }
  });

  test('a word in another JSON type is refused, wherever it stands', async () => {
    const ada = await town.guest('Ada-types');
    const bob = await town.guest('Bob-types');
    await ada.joins('types');
    const refused = [
      await ada.rest.post('/api/rooms/types/members', { userId: bob.id, role: { owner: null } }),
      await ada.rest.patch(`/api/rooms/types/members/${ada.id}`, { role: { owner: null } }),
      await ada.rest.post('/api/rooms', { name: 'x', visibility: { private: null } }),
      await ada.rest.patch('/api/rooms/types', { visibility: { private: null } }),
      await ada.rest.post('/api/rooms/types/messages', { content: 'x', type: { text: null } }),
      await town.rest(0, 'a-key').post('/api/publish', { to: ['types', null, null], event: 'x' }),
    ];
    for (const answer of refused) isProblem(answer, 400, 'invalid_argument');
    await ada.isRefused('presence:update', { status: { away: null } }, 'invalid_argument');
    await ada.isRefused('message:send', { roomId: 'types', content: 'x', type: { text: null } }, 'invalid_argument');
    assert.equal((await ada.rest.get('/api/rooms/types')).body.memberCount, 1);
  });

  test('the database, with its secrets, is for nobody but its owner', async () => {
    for (const file of ['own.db', 'own.db-wal']) {
      const { mode } = await stat(join(town.directory, 'data', file));
      assert.equal(mode & 0o077, 0, file);
    }
  });
});
