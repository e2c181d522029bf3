// Members: added, promoted, kicked, leaving; who may, and who never learns that there was anything to ask about.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const town = await embedded({ after }, unhurried);

describe('membership', { concurrency: 8 }, () => {
  test('of a private room is given, and changes nothing twice', async () => {
    const ada = await town.guest('Ada-adds');
    const bob = await town.guest('Bob-is-added');
    await ada.opens('den', { visibility: 'private' });
    await ada.joins('den');
    await ada.says('den', 'before he came');
    await bob.isRefused('join:room', 'den', 'not_found');
    const { joinedAt, ...member } = await ada.adds(bob, 'den');
    assert.match(joinedAt, TIMESTAMP);
    assert.deepEqual(member, { user: { id: bob.id, username: 'Bob-is-added', status: 'online' }, role: 'member' });
    const again = await ada.rest.post('/api/rooms/den/members', { userId: bob.id, role: 'moderator' });
    assert.deepEqual(answered(again, 200), { joinedAt, ...member });
    const { room } = await bob.joins('den');
    assert.deepEqual([room.unread, room.memberCount, room.rev], [0, 2, 1]);
    const { members } = answered(await bob.rest.get('/api/rooms/den/members'), 200);
    const ids = members.map(({ user }) => user.id);
    assert.deepEqual(ids, [ada.id, bob.id].sort());
    for (const one of members) {
      assert.match(one.joinedAt, TIMESTAMP);
      assert.equal(one.user.status, 'online');
    }
    assert.deepEqual(await bob.roles('den'), { 'Ada-adds': 'owner', 'Bob-is-added': 'member' });
  });

  test('is given to so many at once and no more', async (t) => {
    const narrow = await embedded(t, { MESSAGES_PER_SECOND: '5' });
    const ada = await narrow.guest('Ada-crowds');
    const bob = await narrow.guest('Bob-crowded');
    await ada.opens('crush');
    const tries = Array.from({ length: 120 }, () => ada.rest.post('/api/rooms/crush/members', { userId: bob.id }));
    const answers = await Promise.all(tries);
    const refused = answers.filter(({ status }) => status === 429);
    assert.ok(answers.length - refused.length >= 25, 'five times the rate at once');
    assert.ok(refused.length > 0, 'then no more');
    for (const answer of refused) isProblem(answer, 429, 'rate_limited');
    assert.equal((await bob.looksAt('crush')).memberCount, 2);
  });

  test('is listed in pages', async () => {
    const ada = await town.guest('Ada-counts');
    await ada.opens('crowd');
    const guests = await Promise.all([1, 2, 3, 4].map((n) => town.guest(`Guest-${n}-of-crowd`)));
    for (const guest of guests) await ada.adds(guest, 'crowd');
    const found = [];
    let cursor = '';
    do {
      const page = answered(await ada.rest.get(`/api/rooms/crowd/members?limit=2${cursor}`), 200);
      found.push(...page.members.map(({ user }) => user.id));
      cursor = page.nextCursor && `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (cursor);
    assert.deepEqual(found, [ada, ...guests].map((one) => one.id).sort());
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor='])
      isProblem(await ada.rest.get(`/api/rooms/crowd/members?${query}`), 400, 'invalid_argument');
  });

  test('comes with roles, given by owners, and by moderators below themselves', async () => {
    const names = ['Ada', 'Max', 'Mia', 'Bob', 'Eve'];
    const [ada, max, mia, bob, eve] = await Promise.all(names.map((name) => town.guest(`${name}-ranks`)));
    await ada.opens('ladder');
    await ada.adds(max, 'ladder', 'moderator');
    await ada.adds(mia, 'ladder', 'moderator');
    await max.adds(bob, 'ladder');
    const refused = async (who, method, path, body) => isProblem(await who.rest[method](path, body), 403, 'forbidden');
    const list = '/api/rooms/ladder/members';
    for (const role of ['moderator', 'owner']) await refused(max, 'post', list, { userId: eve.id, role });
    await refused(max, 'patch', max.place(bob, 'ladder'), { role: 'moderator' });
    for (const other of [ada, mia]) await refused(max, 'delete', max.place(other, 'ladder'));
    await refused(bob, 'post', list, { userId: eve.id });
    await refused(bob, 'patch', bob.place(bob, 'ladder'), { role: 'owner' });
    for (const other of [ada, max]) await refused(bob, 'delete', bob.place(other, 'ladder'));
    for (const [method, body] of [['patch', { role: 'member' }], ['delete']])
      await refused(eve, method, eve.place(bob, 'ladder'), body);
    assert.equal((await ada.makes(bob, 'moderator', 'ladder')).role, 'moderator');
    assert.equal((await ada.makes(bob, 'owner', 'ladder')).user.id, bob.id);
    await bob.makes(ada, 'member', 'ladder');
    await bob.kicks(mia, 'ladder');
    assert.deepEqual(await eve.roles('ladder'), {
      'Ada-ranks': 'member',
      'Max-ranks': 'moderator',
      'Bob-ranks': 'owner',
    });
  });

  test('ends by leaving, but members are not left without an owner', async () => {
    const ada = await town.guest('Ada-last');
    const bob = await town.guest('Bob-heir');
    await ada.opens('ship');
    await ada.adds(bob, 'ship');
    isProblem(await ada.rest.delete(ada.place(ada, 'ship')), 409, 'conflict');
    isProblem(await ada.rest.patch(ada.place(ada, 'ship'), { role: 'member' }), 409, 'conflict');
    assert.deepEqual(await bob.roles('ship'), { 'Ada-last': 'owner', 'Bob-heir': 'member' });
    await ada.makes(bob, 'owner', 'ship');
    await ada.quits('ship');
    assert.deepEqual(await bob.roles('ship'), { 'Bob-heir': 'owner' });
    await bob.quits('ship');
    assert.deepEqual(await bob.roles('ship'), {}, 'the last of all may go');
  });

  test('lost, may be taken up again in a public room, and in a private one may not', async () => {
    const ada = await town.guest('Ada-strict');
    const bob = await town.guest('Bob-returns');
    await ada.opens('yard');
    await ada.opens('house', { visibility: 'private' });
    for (const room of ['yard', 'house']) {
      await ada.adds(bob, room, 'moderator');
      await ada.kicks(bob, room);
    }
    assert.equal((await bob.joins('yard')).room.role, 'member');
    await bob.isRefused('join:room', 'house', 'not_found');
  });

  test('is not what a hidden room or a wrong question tells of', async () => {
    const ada = await town.guest('Ada-hides');
    const bob = await town.guest('Bob-hidden');
    const eve = await town.guest('Eve-asks');
    await ada.opens('vault', { visibility: 'private' });
    await ada.adds(bob, 'vault');
    await ada.opens('gone');
    await ada.ends('gone');
    const asked = [];
    for (const room of ['vault', 'gone', 'never-there']) {
      for (const subject of [bob, eve, { id: 'nobody-at-all' }]) {
        asked.push(
          await eve.rest.get(`/api/rooms/${room}/members`),
          await eve.rest.post(`/api/rooms/${room}/members`, { userId: subject.id }),
          await eve.rest.patch(eve.place(subject, room), { role: 'owner' }),
          await eve.rest.delete(eve.place(subject, room)),
        );
      }
    }
    for (const answer of asked) {
      isProblem(answer, 404, 'not_found');
      assert.equal(answer.text, asked[0].text, 'absent and hidden are told in the same words');
    }
    const nobody = { id: 'nobody/at all?' };
    isProblem(await ada.rest.post('/api/rooms/vault/members', { userId: nobody.id }), 404, 'not_found');
    isProblem(await ada.rest.patch(ada.place(nobody, 'vault'), { role: 'member' }), 404, 'not_found');
    isProblem(await ada.rest.delete(ada.place(nobody, 'vault')), 404, 'not_found');
    isProblem(await ada.rest.delete(ada.place(eve, 'vault')), 404, 'not_found');
    for (const body of [
      {},
      { userId: 5 },
      { userId: '' },
      { userId: null },
      { userId: eve.id, role: 'king' },
      [],
      null,
    ])
      isProblem(await ada.rest.post('/api/rooms/vault/members', body), 400, 'invalid_argument');
    for (const body of [{}, { role: 5 }, { role: null }, { role: 'king' }, [], 'owner'])
      isProblem(await ada.rest.patch(ada.place(bob, 'vault'), body), 400, 'invalid_argument');
    for (const path of [
      `/api/rooms/vault/members/${'x'.repeat(129)}`,
      '/api/rooms/vault/members/a%0Ab',
      '/api/rooms/vault/members/%FF',
    ])
      isProblem(await ada.rest.delete(path), 400, 'invalid_argument');
    assert.deepEqual(await bob.roles('vault'), { 'Ada-hides': 'owner', 'Bob-hidden': 'member' });
  });

  test('is found by a user id of any characters', async () => {
    const ada = await town.guest('Ada-odd');
    const odd = await town.citizen('Odd', { id: 'https://id.example/ü?x=1#2 %41/..' });
    await ada.opens('odd');
    await ada.adds(odd, 'odd');
    assert.equal((await ada.makes(odd, 'moderator', 'odd')).user.id, odd.id);
    const { id } = answered(await ada.rest.get(`/api/users/${encodeURIComponent(odd.id)}`), 200);
    assert.equal(id, odd.id);
    await ada.kicks(odd, 'odd');
    assert.deepEqual(await ada.roles('odd'), { 'Ada-odd': 'owner' });
  });
});

describe('removal over two replicas', overBackends, () => {
  test('ends what somebody hears of a room, on all their devices', async (t) => {
    const place = await replicas(t, 2, { settings: unhurried });
    const ada = await place.guest('Ada', { at: 0 });
    const bob = await place.guest('Bob', { at: 1 });
    const phone = await bob.again({ at: 0 });
    const tablet = await bob.again({ at: 1 });
    await ada.joins('square');
    await ada.joins('fence');
    for (const device of [bob, phone]) await device.joins('square');
    for (const device of [bob, phone, tablet]) await device.joins('fence');
    await ada.kicks(bob, 'square');
    for (const device of [bob, phone, tablet])
      assert.deepEqual(await device.sees('room:removed', { roomId: 'square' }), { roomId: 'square', reason: 'kicked' });
    const from = [bob, phone].map((device) => device.here);
    await ada.says('square', 'without him');
    await ada.says('fence', 'now');
    for (const [i, device] of [bob, phone].entries()) {
      await device.hears('now');
      device.hasNotSeen('message:new', { roomId: 'square' }, { from: from[i] });
      assert.equal(device.seen('room:removed', { roomId: 'square' }).length, 1);
    }
    await ada.sees('user:left', { roomId: 'square', userId: bob.id });
    await bob.isRefused('message:send', { roomId: 'square', content: 'let me in' }, 'forbidden');
    await bob.quits('fence');
    for (const device of [bob, phone, tablet])
      assert.equal((await device.sees('room:removed', { roomId: 'fence' })).reason, 'left');
    await bob.joins('square');
    await bob.says('square', 'back again');
    await ada.hears('back again');
  });

  test('of owners by one another at once leaves one', async (t) => {
    const place = await replicas(t, 2, { settings: unhurried });
    const ada = await place.guest('Ada', { at: 0 });
    const bob = await place.guest('Bob', { at: 1 });
    for (let round = 0; round < 8; round++) {
      const room = `duel-${round}`;
      await ada.opens(room);
      await ada.adds(bob, room, 'owner');
      await Promise.all([ada.rest.delete(ada.place(bob, room)), bob.rest.delete(bob.place(ada, room))]);
      assert.deepEqual(Object.values(await ada.roles(room)), ['owner'], room);
      const other = `departure-${round}`;
      const carol = round % 2 ? ada : bob;
      await carol.opens(other);
      for (const one of [ada, bob].filter((one) => one !== carol)) await carol.adds(one, other, 'owner');
      const guest = await place.guest(`Guest${round}`, { at: round % 2 });
      await carol.adds(guest, other);
      const gone = await Promise.all([ada, bob].map((one) => one.rest.delete(one.place(one, other))));
      assert.deepEqual(gone.map(({ status }) => status).sort(), [204, 409], other);
      assert.deepEqual(Object.values(await guest.roles(other)).sort(), ['member', 'owner'], other);
    }
  });
});
