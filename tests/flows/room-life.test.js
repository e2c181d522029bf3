// The life of a room: made, found, renamed, hidden and ended, as those in it see it on two replicas.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

const town = await embedded({ after }, unhurried);

describe('a room over two replicas', { concurrency: 4, ...overBackends }, () => {
  test('is renamed, gets a topic and is hidden: all see each change under one revision', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const ada = await town.guest('Ada', { at: 0 });
    const bob = await town.guest('Bob', { at: 1 });
    await ada.opens('attic', { name: 'Attic' });
    const watchers = [await ada.stays('attic'), await bob.stays('attic')];
    await bob.says('attic', 'before');
    const renamed = await ada.changes('attic', { name: 'Loft', topic: 'Under the roof' });
    assert.deepEqual([renamed.name, renamed.topic, renamed.rev, renamed.role], ['Loft', 'Under the roof', 2, 'owner']);
    const told = await bob.sees('room:updated', { name: 'Loft' });
    assert.deepEqual(
      [told.id, told.topic, told.visibility, told.rev, told.lastSeq, told.role, told.unread],
      ['attic', 'Under the roof', 'public', 2, 1, undefined, undefined],
    );
    const same = await ada.changes('attic', { name: 'Loft' });
    assert.equal(same.rev, 2, 'what changes nothing takes no revision');
    await ada.changes('attic', { topic: null });
    assert.equal((await bob.sees('room:updated', { rev: 3 })).topic, undefined);
    await ada.changes('attic', { visibility: 'private' });
    await bob.sees('room:updated', { visibility: 'private', rev: 4 });
    await bob.says('attic', 'a member still');
    await Promise.all(watchers.map((watcher) => watcher.reaches(5)));
    agree(watchers);
    const eve = await town.guest('Eve', { at: 1 });
    isProblem(await eve.rest.get('/api/rooms/attic'), 404, 'not_found');
    await eve.isRefused('join:room', 'attic', 'not_found');
    const delta = answered(await bob.rest.get('/api/rooms/attic/changes?since=3'), 200);
    assert.equal(delta.room.visibility, 'private', 'who resumes learns of it as well');
  });

  test('is ended: all are told, nobody finds it any more, and its id is never used again', async (t) => {
    const town = await replicas(t, 2, { settings: unhurried });
    const ada = await town.guest('Ada', { at: 0 });
    const bob = await town.guest('Bob', { at: 1 });
    await ada.opens('attic');
    const watchers = [await ada.stays('attic'), await bob.stays('attic')];
    await bob.says('attic', 'the last word');
    isProblem(await bob.rest.delete('/api/rooms/attic'), 403, 'forbidden');
    await ada.ends('attic');
    for (const one of [ada, bob]) assert.equal((await one.sees('room:deleted', { roomId: 'attic' })).rev, 2);
    await Promise.all(watchers.map((watcher) => watcher.reaches(2)));
    agree(watchers);
    for (const one of [ada, bob]) {
      await one.isRefused('join:room', 'attic', 'not_found');
      await one.isRefused('message:send', { roomId: 'attic', content: 'anybody?' }, 'not_found');
      isProblem(await one.rest.get('/api/rooms/attic'), 404, 'not_found');
      isProblem(await one.rest.get('/api/rooms/attic/messages'), 404, 'not_found');
      isProblem(await one.rest.patch('/api/rooms/attic', { name: 'Again' }), 404, 'not_found');
      isProblem(await one.rest.delete('/api/rooms/attic'), 404, 'not_found');
      isProblem(await one.rest.post('/api/rooms', { id: 'attic', name: 'Again' }), 409, 'conflict');
      assert.deepEqual(answered(await one.rest.get('/api/rooms'), 200).rooms, []);
    }
  });
});

describe('a room alone', { concurrency: 8 }, () => {
  test('is renamed and ended on the embedded store just the same', async () => {
    const ada = await town.guest('Ada-renames');
    const bob = await town.guest('Bob-watches');
    await ada.opens('cellar');
    const watchers = [await ada.stays('cellar'), await bob.stays('cellar')];
    await ada.changes('cellar', { name: 'Vault', visibility: 'private' });
    await bob.sees('room:updated', { id: 'cellar', name: 'Vault', visibility: 'private' });
    await ada.ends('cellar');
    await bob.sees('room:deleted', { roomId: 'cellar' });
    agree(watchers);
    isProblem(await ada.rest.post('/api/rooms', { id: 'cellar', name: 'Again' }), 409, 'conflict');
    await bob.isRefused('join:room', 'cellar', 'not_found');
  });

  test('is changed by those who may, as far as they may', async () => {
    const [ada, max, bob, eve] = await Promise.all(
      ['Ada', 'Max', 'Bob', 'Eve'].map((name) => town.guest(`${name}-may`)),
    );
    await ada.opens('ranks');
    await ada.adds(max, 'ranks', 'moderator');
    await ada.adds(bob, 'ranks');
    assert.equal((await max.changes('ranks', { name: 'Ranks' })).role, 'moderator');
    for (const edit of [{ visibility: 'private' }, { name: 'x', visibility: 'private' }])
      isProblem(await max.rest.patch('/api/rooms/ranks', edit), 403, 'forbidden');
    for (const one of [bob, eve]) {
      isProblem(await one.rest.patch('/api/rooms/ranks', { name: 'Mine' }), 403, 'forbidden');
      isProblem(await one.rest.delete('/api/rooms/ranks'), 403, 'forbidden');
    }
    isProblem(await max.rest.delete('/api/rooms/ranks'), 403, 'forbidden');
    const { name, visibility, rev } = await eve.looksAt('ranks');
    assert.deepEqual([name, visibility, rev], ['Ranks', 'public', 1]);
    await ada.changes('ranks', { visibility: 'private' });
    for (const [method, body] of [['get'], ['patch', { name: 'Mine' }], ['delete']])
      isProblem(await eve.rest[method]('/api/rooms/ranks', body), 404, 'not_found');
  });

  test('does not take what makes no sense', async () => {
    const ada = await town.guest('Ada-senseless');
    await ada.opens('sense', { topic: 'All of it' });
    const wrong = [
      { name: null },
      { name: '' },
      { name: ' ' },
      { name: 5 },
      { name: 'x'.repeat(81) },
      { name: 'a\u0000b' },
      { topic: 5 },
      { topic: 'x'.repeat(501) },
      { visibility: 'direct' },
      { visibility: 'secret' },
      { visibility: null },
      { name: 'fine', visibility: 'direct' },
      [],
      'x',
      null,
      undefined,
    ];
    for (const edit of wrong) isProblem(await ada.rest.patch('/api/rooms/sense', edit), 400, 'invalid_argument');
    isProblem(await ada.rest.patch('/api/rooms/two%20words', { name: 'x' }), 400, 'invalid_argument');
    isProblem(await ada.rest.patch('/api/rooms/no-such-room', { name: 'x' }), 404, 'not_found');
    isProblem(await ada.rest.delete('/api/rooms/no-such-room'), 404, 'not_found');
    const { rev, topic, name } = await ada.changes('sense', { unknown: true });
    assert.deepEqual([rev, topic, name], [0, 'All of it', 'sense']);
    assert.equal((await ada.changes('sense', { topic: '' })).topic, undefined);
  });
});

describe('the directory', { concurrency: 8 }, () => {
  test('is searched by id and name, counts members, and holds no private room', async () => {
    const ada = await town.guest('Ada-founds');
    const bob = await town.guest('Bob-searches');
    await ada.opens('chess', { name: 'Schach und Go' });
    await ada.opens('100-percent', { name: '100% wool' });
    await ada.opens('secret-chess', { name: 'Schach', visibility: 'private' });
    await bob.joins('chess');
    const found = async (who, query) => {
      const { rooms } = answered(await who.rest.get(`/api/rooms?${query}`), 200);
      return rooms.map(({ id, memberCount, role }) => [id, memberCount, role]);
    };
    assert.deepEqual(await found(bob, 'scope=public&q=SCHACH'), [['chess', 2, 'member']]);
    assert.deepEqual(await found(ada, 'scope=public&q=chess'), [['chess', 2, 'owner']]);
    assert.deepEqual(await found(ada, 'scope=mine&q=chess'), [
      ['chess', 2, 'owner'],
      ['secret-chess', 1, 'owner'],
    ]);
    assert.deepEqual(await found(bob, 'scope=public&q=%25'), [['100-percent', 1, undefined]]);
    assert.deepEqual(await found(bob, 'scope=public&q=s_h'), []);
    await ada.changes('chess', { name: 'Go' });
    assert.deepEqual(await found(bob, 'scope=public&q=schach'), []);
    await bob.quits('chess');
    assert.deepEqual(await found(bob, 'scope=public&q=chess'), [['chess', 1, undefined]]);
    await ada.ends('chess');
    assert.deepEqual(await found(bob, 'scope=public&q=chess'), []);
  });

  test('comes in pages of up to 2,000', async () => {
    const ada = await town.guest('Ada-collects');
    for (let n = 0; n < 3; n++) await ada.opens(`shelf-${n}`);
    const page = answered(await ada.rest.get('/api/rooms?limit=2000'), 200);
    assert.deepEqual([page.rooms.length, page.nextCursor], [3, undefined]);
    const first = answered(await ada.rest.get('/api/rooms?limit=2'), 200);
    assert.equal(first.rooms.length, 2);
    const rest = answered(await ada.rest.get(`/api/rooms?limit=2&cursor=${first.nextCursor}`), 200);
    assert.deepEqual([rest.rooms.map((room) => room.id), rest.nextCursor], [['shelf-2'], undefined]);
    for (const query of ['limit=0', 'limit=2001', 'limit=x', 'cursor=two%20words', `q=${'x'.repeat(101)}`, 'q=%00'])
      isProblem(await ada.rest.get(`/api/rooms?${query}`), 400, 'invalid_argument');
  });
});
