// Notifications: what people should know of is kept, told to all their devices, and read on all of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { everywhere } from './support/everywhere.js';
import { until } from './support/limits.js';
import { answered, isProblem } from './support/rest.js';
import { embedded, replicas, unhurried } from './support/town.js';

const listed = async (person) => answered(await person.rest.get('/api/notifications'), 200);
const marked = async (person, upTo) => answered(await person.rest.post('/api/notifications/read', { upTo }), 200);
const about = (person, message) => person.sees('notification', { messageId: message.id });
const words = ({ kind, title, body }) => [kind, title, body];

everywhere((place) => {
  test('who is named is notified on every device, live in the room or not, and the author is not', async () => {
    const [ada, bob] = await place.guests('Ada-named', 'Bob-named');
    const phone = await bob.again({ at: 0 });
    await bob.joins('named');
    await bob.leaves('named');
    await ada.joins('named');
    const message = await ada.says('named', 'hello @bob-named, it is @Ada-named; @Bob-named?');
    const told = await about(bob, message);
    assert.deepEqual(words(told), ['mention', 'Ada-named mentioned you in named', message.content]);
    assert.deepEqual(
      [told.roomId, Object.keys(told).sort()],
      ['named', ['body', 'createdAt', 'id', 'kind', 'messageId', 'roomId', 'title']],
    );
    assert.deepEqual(await about(phone, message), told);
    assert.deepEqual(await listed(bob), { notifications: [told], unread: 1 });
    assert.equal((await bob.looksAt('named')).unreadMentions, 1);
    assert.deepEqual(await listed(ada), { notifications: [], unread: 0 });
    ada.hasNotSeen('notification');
    assert.equal(bob.seen('notification').length, 1);
  });

  test('who is answered is notified, unless it is themselves or they are named anyway', async () => {
    const [ada, bob] = await place.guests('Ada-asks', 'Bob-says');
    for (const one of [ada, bob]) await one.joins('answers');
    const question = await ada.says('answers', 'who?');
    const answer = await bob.says('answers', 'me', { replyTo: question.id });
    assert.deepEqual(words(await about(ada, answer)), ['reply', 'Bob-says replied to you in answers', 'me']);
    const own = await ada.says('answers', 'you?', { replyTo: question.id });
    const both = await bob.says('answers', 'yes, @Ada-asks', { replyTo: own.id });
    assert.equal((await about(ada, both)).kind, 'mention');
    // Her own came before this one and would be listed.
    const { notifications } = await listed(ada);
    assert.deepEqual(
      notifications.map((it) => it.messageId),
      [both.id, answer.id],
    );
    bob.hasNotSeen('notification');
  });

  test('@here is for who is live in the room, and a member', async () => {
    const [ada, bob, cy, dee] = await place.guests('Ada-calls', 'Bob-here', 'Cy-gone', 'Dee-elsewhere');
    for (const one of [ada, bob, cy]) await one.joins('calls');
    await cy.leaves('calls');
    await dee.joins('calls-elsewhere');
    const isHere = async () => answered(await ada.rest.get('/api/rooms/calls/presence'), 200).onlineCount === 2;
    await until(isHere, 'two are live in the room');
    const unheard = await ada.says('calls', 'hereby @hereby mail@here');
    const message = await ada.says('calls', 'Lunch, @Here! And @Cy-gone.');
    assert.deepEqual(words(await about(bob, message)), [
      'mention',
      'Ada-calls mentioned you in calls',
      message.content,
    ]);
    assert.equal((await about(cy, message)).kind, 'mention');
    const { mentions } = await ada.sees('message:updated', { id: message.id });
    assert.deepEqual(mentions, [cy.id, bob.id], 'who is named comes first');
    for (const one of [ada, dee]) assert.deepEqual(await listed(one), { notifications: [], unread: 0 });
    assert.equal((await listed(bob)).unread, 1);
    ada.hasNotSeen('message:updated', { id: unheard.id });
  });

  test('in a direct room the other one is notified of every message', async () => {
    const [ada, bob] = await place.guests('Ada-direct', 'Bob-direct');
    const { id } = answered(await ada.rest.post('/api/direct', { userId: bob.id }), 201);
    const first = await ada.says(id, 'psst');
    assert.deepEqual(words(await about(bob, first)), ['direct', 'Ada-direct', 'psst']);
    const second = await ada.says(id, 'hey @Bob-direct');
    assert.deepEqual(words(await about(bob, second)), ['mention', 'Ada-direct mentioned you', 'hey @Bob-direct']);
    const back = await bob.says(id, 'what?');
    assert.equal((await about(ada, back)).kind, 'direct');
    assert.equal((await listed(bob)).unread, 0, 'writing has read the room');
    assert.equal((await listed(bob)).notifications.length, 2, 'being made a direct room with is no invitation');
  });

  test('who is made a member by somebody else is notified once', async () => {
    const [ada, bob] = await place.guests('Ada-invites', 'Bob-comes');
    await ada.opens('parlour', { name: 'The parlour', visibility: 'private' });
    await ada.adds(bob, 'parlour');
    const told = await bob.sees('notification', { kind: 'invite' });
    assert.deepEqual(words(told), ['invite', 'Ada-invites added you to The parlour', '']);
    assert.deepEqual([told.roomId, told.messageId], ['parlour', undefined]);
    answered(await ada.rest.post('/api/rooms/parlour/members', { userId: bob.id }), 200);
    await bob.joins('parlour');
    assert.deepEqual(await listed(bob), { notifications: [told], unread: 1 });
  });

  test('who is added again and again is notified once', async () => {
    const [ada, bob] = await place.guests('Ada-nags', 'Bob-nagged');
    await ada.opens('revolving');
    for (let n = 0; n < 3; n++) {
      await ada.adds(bob, 'revolving');
      await ada.kicks(bob, 'revolving');
    }
    await ada.adds(bob, 'revolving');
    const told = await bob.sees('notification', { kind: 'invite' });
    assert.deepEqual(await listed(bob), { notifications: [told], unread: 1 });
    await about(bob, await ada.says('revolving', 'in the end, @Bob-nagged'));
    assert.equal(bob.seen('notification').length, 2);
  });

  test('an edit that names somebody no more takes what they were notified of', async () => {
    const [ada, bob, cy] = await place.guests('Ada-regrets', 'Bob-spared', 'Cy-meant');
    for (const one of [ada, bob, cy]) await one.joins('regrets');
    const message = await ada.says('regrets', 'you, @Bob-spared');
    await about(bob, message);
    assert.equal((await listed(bob)).unread, 1);
    await ada.edits(message, 'you, @Cy-meant');
    await about(cy, message);
    assert.deepEqual(await listed(bob), { notifications: [], unread: 0 });
    assert.equal((await listed(cy)).unread, 1);
  });

  test('of two calls in ten seconds the first counts', async () => {
    const [ada, bob, cy] = await place.guests('Ada-shouts', 'Bob-shouted-at', 'Cy-shouts');
    for (const one of [ada, bob, cy]) await one.joins('shouts');
    const isHere = async () => answered(await ada.rest.get('/api/rooms/shouts/presence'), 200).onlineCount === 3;
    await until(isHere, 'three are live in the room');
    const first = await ada.says('shouts', '@here!');
    await about(bob, first);
    await ada.edits(first, '@here, I meant');
    const everybody = [bob.id, cy.id].sort().join();
    await ada.sees('message:updated', (it) => it.editedAt && it.mentions.join() === everybody);
    const second = await ada.says('shouts', '@here @Cy-shouts');
    await about(cy, second);
    assert.deepEqual((await ada.sees('message:updated', { id: second.id })).mentions, [cy.id]);
    const other = await cy.says('shouts', '@here too');
    for (const one of [ada, bob]) await about(one, other);
    assert.deepEqual(
      (await listed(bob)).notifications.map((it) => it.messageId),
      [other.id, first.id],
    );
  });

  test('an edit notifies whom the text did not name before, and nobody twice', async () => {
    const [ada, bob, cy] = await place.guests('Ada-edits', 'Bob-first', 'Cy-later');
    for (const one of [ada, bob, cy]) await one.joins('edits');
    const message = await ada.says('edits', 'hello @Bob-first');
    await about(bob, message);
    await ada.edits(message, 'hello @Bob-first and @Cy-later');
    const told = await about(cy, message);
    assert.equal(told.body, 'hello @Bob-first and @Cy-later');
    const [bobs, ...others] = (await listed(bob)).notifications;
    assert.deepEqual([bobs.body, others], [told.body, []], 'what is listed says what the message says now');
    assert.equal(bob.seen('notification').length, 1);
    await ada.deletes(message);
    for (const one of [bob, cy])
      assert.deepEqual(await listed(one), { notifications: [], unread: 0 }, 'of what is gone nothing is told');
  });

  test('what is read on one device is read on the others, and a room that is read reads its own', async () => {
    const [ada, bob] = await place.guests('Ada-writes', 'Bob-reads');
    const phone = await bob.again({ at: 0 });
    for (const one of [ada, bob]) await one.joins('reads');
    const told = [];
    for (const text of ['one', 'two', 'three', 'four'])
      told.push(await about(bob, await ada.says('reads', `@Bob-reads ${text}`)));
    assert.equal((await listed(phone)).unread, 4);
    assert.deepEqual(await marked(phone, told[1].id), { unread: 2 });
    for (const device of [bob, phone])
      assert.deepEqual(await device.sees('notifications:read'), { upTo: told[1].id, unread: 2 });
    assert.deepEqual(await marked(bob, told[0].id), { unread: 2 }, 'it only moves forward');
    const { unreadMentions } = await bob.reads('reads', 3);
    assert.equal(unreadMentions, 1);
    assert.equal((await listed(phone)).unread, 1);
    assert.deepEqual(await marked(bob, 'ffffffff-ffff-7fff-bfff-ffffffffffff'), { unread: 0 });
    assert.deepEqual(await phone.sees('notifications:read', { unread: 0 }), { upTo: told[3].id, unread: 0 });
    assert.equal(phone.seen('notifications:read').length, 2, 'what changes nothing is not told');
    const next = await about(bob, await ada.says('reads', '@Bob-reads five'));
    assert.equal((await listed(bob)).unread, 1);
    ada.hasNotSeen('notifications:read');

    const { nextCursor, notifications } = answered(await bob.rest.get('/api/notifications?limit=2'), 200);
    assert.deepEqual([notifications, nextCursor], [[next, told[3]], told[3].id]);
    const rest = answered(await bob.rest.get(`/api/notifications?limit=100&cursor=${nextCursor}`), 200);
    assert.deepEqual(rest, { notifications: [told[2], told[1], told[0]], unread: 1 });
  });

  test('who is in a private room no more is shown nothing of it', async () => {
    const [ada, bob] = await place.guests('Ada-keeps', 'Bob-kicked');
    await ada.opens('vault', { visibility: 'private' });
    await ada.adds(bob, 'vault');
    const message = await ada.says('vault', '@Bob-kicked the number is 7');
    await about(bob, message);
    await ada.kicks(bob, 'vault');
    const { notifications, unread } = await listed(bob);
    assert.equal(unread, 0);
    assert.deepEqual(
      notifications.map(words),
      ['mention', 'invite'].map((kind) => [kind, 'From a room that is no longer open to you', '']),
    );
    await ada.edits(message, '@Bob-kicked the number is 8');
    const cy = await place.town.guest('Cy-after');
    await ada.adds(cy, 'vault');
    await about(cy, await ada.says('vault', '@Cy-after and @Bob-kicked'));
    const left = (await listed(bob)).notifications.map(({ kind }) => kind);
    assert.deepEqual(left, ['invite'], 'nothing new, and of what was edited without him nothing');
  });

  test('what cannot be meant is said to be wrong', async () => {
    const [ada] = await place.guests('Ada-errs');
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'cursor=x', 'cursor='])
      isProblem(await ada.rest.get(`/api/notifications?${query}`), 400, 'invalid_argument');
    for (const body of [{}, { upTo: null }, { upTo: 5 }, { upTo: 'x' }, [], null])
      isProblem(await ada.rest.post('/api/notifications/read', body), 400, 'invalid_argument');
    const upTo = '00000000-0000-0000-0000-000000000000';
    assert.deepEqual(await marked(ada, upTo), { unread: 0 }, 'an id of nothing is a place like any other');
    const stranger = place.town.rest();
    isProblem(await stranger.get('/api/notifications'), 401, 'unauthenticated');
    isProblem(await stranger.post('/api/notifications/read', { upTo }), 401, 'unauthenticated');
    isProblem(await ada.rest.post('/api/notifications', { to: ada.id, title: 'x' }), 404, 'not_found');
  });
});

const key = 'a-key-for-stories';
const settings = { ...unhurried, SERVER_API_KEY: key };
const towns = {
  'one server': [{}, (t) => embedded(t, settings)],
  'two replicas with a worker apart': [overBackends, (t) => replicas(t, 2, { settings, worker: 'apart' })],
};

for (const [kind, [options, opens]] of Object.entries(towns)) {
  test(`${kind}: a backend notifies in its own words`, options, async (t) => {
    const town = await opens(t);
    const last = town.servers.length - 1;
    const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob', { at: last })];
    const rest = town.rest(0, key);
    const sent = answered(
      await rest.post('/api/notifications', { to: bob.id, title: 'Paid ✓', body: 'Order "7"' }),
      201,
    );
    assert.deepEqual(words(sent), ['custom', 'Paid ✓', 'Order "7"']);
    assert.deepEqual(await bob.sees('notification'), sent);
    assert.deepEqual(await listed(bob), { notifications: [sent], unread: 1 });
    const plain = answered(await rest.post('/api/notifications', { to: bob.id, title: 'x'.repeat(200) }), 201);
    assert.equal(plain.body, '');
    const wrong = [
      {},
      { to: bob.id },
      { to: bob.id, title: '' },
      { to: bob.id, title: ' ' },
      { to: bob.id, title: 'x'.repeat(201) },
      { to: bob.id, title: 5 },
      { to: bob.id, title: 'a\0' },
      { to: bob.id, title: 'x', body: 'x'.repeat(2_001) },
      { to: '', title: 'x' },
      [],
    ];
    for (const body of wrong) isProblem(await rest.post('/api/notifications', body), 400, 'invalid_argument');
    isProblem(await rest.post('/api/notifications', { to: 'nobody-at-all', title: 'x' }), 404, 'not_found');
    for (const token of [undefined, `${key}x`, ada.token])
      isProblem(
        await town.rest(0, token).post('/api/notifications', { to: bob.id, title: 'x' }),
        401,
        'unauthenticated',
      );
    assert.equal((await listed(bob)).unread, 2);
    ada.hasNotSeen('notification');
  });

  test(`${kind}: notifications and what has been read of them outlast a restart`, options, async (t) => {
    const town = await opens(t);
    const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob', { at: town.servers.length - 1 })];
    for (const one of [ada, bob]) await one.joins('lobby');
    const first = await about(bob, await ada.says('lobby', 'one @Bob'));
    const second = await about(bob, await ada.says('lobby', 'two @Bob'));
    await marked(bob, first.id);
    for (const one of [ada, bob]) one.goes();
    await Promise.all(town.servers.map((_, at) => town.stop(at)));
    await Promise.all(town.servers.map((_, at) => town.starts(at)));
    const back = await bob.again();
    assert.deepEqual(await listed(back), { notifications: [second, first], unread: 1 });
    const [again, other] = [await ada.again(), await town.guest('Cy')];
    for (const one of [again, other]) await one.joins('lobby');
    await about(back, await again.says('lobby', 'three @Bob'));
    other.hasNotSeen('notification');
    assert.equal((await listed(back)).unread, 2);
  });
}

test('a message that waited for a worker notifies when there is one', async (t) => {
  const town = await embedded(t);
  await town.stop();
  town.servers[0].flags = ['--no-worker'];
  await town.starts();
  const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob')];
  for (const one of [ada, bob]) await one.joins('lobby');
  const messages = [];
  for (let n = 0; n < 20; n++) messages.push(await ada.says('lobby', `@Bob ${n}`));
  assert.deepEqual(await listed(bob), { notifications: [], unread: 0 });
  for (const one of [ada, bob]) one.goes();
  await town.kill();
  town.servers[0].flags = [];
  await town.starts();
  const back = await bob.again();
  await until(async () => (await listed(back)).unread === 20, 'all notifications');
  const { notifications } = await listed(back);
  assert.deepEqual(notifications.map((it) => it.messageId).sort(), messages.map((message) => message.id).sort());
});

test('@here names nobody where more than 200 are live', async (t) => {
  const town = await embedded(t, unhurried);
  const ada = await town.citizen('Ada');
  await ada.joins('crowded');
  const crowd = await Promise.all(Array.from({ length: 200 }, (_, n) => town.citizen(`u${n}`)));
  await Promise.all(crowd.map((one) => one.joins('crowded')));
  const live = async () => answered(await ada.rest.get('/api/rooms/crowded/presence'), 200).onlineCount;
  await until(async () => (await live()) === 201, 'all to be live');
  const [one, gone] = crowd;
  const many = await ada.says('crowded', '@here and @u0, too many');
  await about(one, many);
  assert.deepEqual((await ada.sees('message:updated', { id: many.id })).mentions, [one.id]);
  gone.goes();
  await until(async () => (await live()) === 200, 'one to go');
  const heard = await ada.says('crowded', '@here, just so many');
  await Promise.all(crowd.filter((it) => it !== gone).map((it) => about(it, heard)));
});
