// Direct rooms: the one conversation of two people.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const town = await embedded({ after }, unhurried);

describe('a direct room', { concurrency: 8 }, () => {
  test('is made by the first of two who asks, and found by both from then on', async () => {
    const ada = await town.guest('Ada-writes');
    const bob = await town.guest('Bob-reads');
    const made = answered(await ada.rest.post('/api/direct', { userId: bob.id }), 201);
    assert.match(made.id, /^[A-Za-z0-9_-]{1,64}$/);
    assert.deepEqual(
      [made.name, made.visibility, made.createdBy, made.memberCount, made.rev, made.unread],
      ['Ada-writes, Bob-reads', 'direct', ada.id, 2, 0, 0],
    );
    assert.equal(answered(await ada.rest.post('/api/direct', { userId: bob.id }), 200).id, made.id);
    assert.equal(answered(await bob.rest.post('/api/direct', { userId: ada.id }), 200).id, made.id);
    await bob.joins(made.id);
    await ada.joins(made.id);
    await ada.says(made.id, 'between us');
    await bob.hears('between us');
    for (const one of [ada, bob]) {
      const mine = answered(await one.rest.get('/api/rooms'), 200).rooms.map((room) => room.id);
      assert.deepEqual(mine, [made.id]);
    }
  });

  test('is for two: others do not find it, and nobody comes, goes or changes it', async () => {
    const [ada, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => town.guest(`${name}-pair`)));
    const { id } = answered(await ada.rest.post('/api/direct', { userId: bob.id }), 201);
    await eve.isRefused('join:room', id, 'not_found');
    isProblem(await eve.rest.get(`/api/rooms/${id}`), 404, 'not_found');
    isProblem(await eve.rest.get(`/api/rooms/${id}/members`), 404, 'not_found');
    isProblem(await eve.rest.post(`/api/rooms/${id}/members`, { userId: eve.id }), 404, 'not_found');
    const { rooms } = answered(await eve.rest.get(`/api/rooms?scope=public&q=${id}`), 200);
    assert.deepEqual(rooms, []);
    for (const one of [ada, bob]) {
      isProblem(await one.rest.post(`/api/rooms/${id}/members`, { userId: eve.id }), 403, 'forbidden');
      isProblem(await one.rest.patch(one.place(bob, id), { role: 'owner' }), 403, 'forbidden');
      for (const other of [ada, bob]) isProblem(await one.rest.delete(one.place(other, id)), 403, 'forbidden');
      isProblem(await one.rest.patch(`/api/rooms/${id}`, { name: 'Ours' }), 403, 'forbidden');
      isProblem(await one.rest.patch(`/api/rooms/${id}`, { visibility: 'public' }), 403, 'forbidden');
      isProblem(await one.rest.delete(`/api/rooms/${id}`), 403, 'forbidden');
    }
    assert.deepEqual(Object.keys(await bob.roles(id)).sort(), ['Ada-pair', 'Bob-pair']);
  });

  test('is with somebody else, who exists', async () => {
    const ada = await town.guest('Ada-alone');
    isProblem(await ada.rest.post('/api/direct', { userId: 'nobody-at-all' }), 404, 'not_found');
    for (const body of [{ userId: ada.id }, {}, { userId: 5 }, { userId: '' }, { userId: 'x'.repeat(129) }, [], null])
      isProblem(await ada.rest.post('/api/direct', body), 400, 'invalid_argument');
    isProblem(await ada.rest.post('/api/rooms', { name: 'x', visibility: 'direct' }), 400, 'invalid_argument');
  });
});

test('both asking at once, through both replicas, have one direct room', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const ada = await town.guest('Ada', { at: 0 });
  for (let round = 0; round < 10; round++) {
    const bob = await town.guest(`Bob${round}`, { at: 1 });
    const asked = await Promise.all([
      ada.rest.post('/api/direct', { userId: bob.id }),
      bob.rest.post('/api/direct', { userId: ada.id }),
      town.rest(1, ada.token).post('/api/direct', { userId: bob.id }),
      town.rest(0, bob.token).post('/api/direct', { userId: ada.id }),
    ]);
    assert.deepEqual(asked.map(({ status }) => status).sort(), [200, 200, 200, 201], `round ${round}`);
    assert.equal(new Set(asked.map(({ body }) => body.id)).size, 1, `round ${round}`);
  }
});
