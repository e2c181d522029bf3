// The REST interface: rooms, history, changes, presence, sending, and how it says no.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isProblem } from './support/rest.js';
import { embedded, unhurried } from './support/town.js';

const town = await embedded({ after }, unhurried);
const seqs = (answer) => answer.body.messages.map((message) => message.seq);
const range = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

async function roomOf(count, room) {
  const ada = await town.guest(`Ada-${room}`);
  await ada.joins(room);
  await Promise.all(range(1, count).map((i) => ada.says(room, `${i}`)));
  return ada;
}

describe('history over REST', { concurrency: 8 }, () => {
  test('comes in pages: the newest, before, after and around a place', async () => {
    const ada = await roomOf(120, 'paged');
    const pages = {
      '': [71, 120, true],
      '?limit=100': [21, 120, true],
      '?limit=1': [120, 120, true],
      '?before=71': [21, 70, true],
      '?before=51': [1, 50, false],
      '?before=21&limit=100': [1, 20, false],
      '?after=0&limit=100': [1, 100, true],
      '?after=20&limit=100': [21, 120, false],
      '?after=110': [111, 120, false],
    };
    for (const [query, [first, last, hasMore]] of Object.entries(pages)) {
      const answer = await ada.rest.get(`/api/rooms/paged/messages${query}`);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual(seqs(answer), range(first, last), query);
      assert.equal(answer.body.hasMore, hasMore, query);
      assert.equal(answer.body.rev, 120, query);
    }
    const around = seqs(await ada.rest.get('/api/rooms/paged/messages?around=60&limit=11'));
    assert.equal(around.length, 11);
    assert.ok(around.includes(60) && around[0] < 60 && around.at(-1) > 60, `around 60: ${around}`);
    assert.deepEqual(around, range(around[0], around[0] + 10));
    assert.deepEqual(seqs(await ada.rest.get('/api/rooms/paged/messages?before=1')), []);
    assert.deepEqual(seqs(await ada.rest.get('/api/rooms/paged/messages?after=120')), []);
  });

  test('is refused where the question makes no sense', async () => {
    const ada = await roomOf(1, 'senseless');
    for (const query of [
      'limit=0',
      'limit=101',
      'limit=x',
      'limit=',
      'before=x',
      'before=-1',
      'after=1.5',
      'around=99999999999999999999',
      'before=1&after=1',
    ]) {
      isProblem(await ada.rest.get(`/api/rooms/senseless/messages?${query}`), 400, 'invalid_argument');
    }
    for (const query of ['', 'since=', 'since=x', 'since=-1']) {
      isProblem(await ada.rest.get(`/api/rooms/senseless/changes?${query}`), 400, 'invalid_argument');
    }
  });

  test('of a public room may be read without being a member; of no room it may not', async () => {
    await roomOf(3, 'public');
    const eve = await town.guest('Eve-reads');
    assert.deepEqual(seqs(await eve.rest.get('/api/rooms/public/messages')), [1, 2, 3]);
    isProblem(await eve.rest.get('/api/rooms/no-such-room/messages'), 404, 'not_found');
    isProblem(await eve.rest.get('/api/rooms/no-such-room/changes?since=0'), 404, 'not_found');
    isProblem(await eve.rest.get('/api/rooms/no-such-room/presence'), 404, 'not_found');
    isProblem(await eve.rest.get('/api/rooms/no-such-room'), 404, 'not_found');
    isProblem(await eve.rest.get('/api/no/such/path'), 404, 'not_found');
  });

  test('changes since a revision are the answer of a resume', async () => {
    const ada = await roomOf(5, 'changing');
    const delta = await ada.rest.get('/api/rooms/changing/changes?since=3');
    assert.equal(delta.status, 200, delta.text);
    assert.deepEqual([delta.body.mode, delta.body.rev, delta.body.hasMore, seqs(delta)], ['delta', 5, false, [4, 5]]);
    const reset = await ada.rest.get('/api/rooms/changing/changes?since=6');
    assert.deepEqual([reset.body.mode, reset.body.rev, seqs(reset)], ['reset', 5, [1, 2, 3, 4, 5]]);
  });
});

describe('rooms over REST', { concurrency: 8 }, () => {
  test('lists the public ones, and one’s own', async () => {
    const ada = await town.guest('Ada-lists');
    const bob = await town.guest('Bob-lists');
    await ada.joins('listed-hers');
    await bob.joins('listed-his');
    const ids = async (query) => {
      const found = [];
      let cursor = '';
      do {
        const answer = await ada.rest.get(`/api/rooms?${query}&limit=5${cursor}`);
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.body.rooms.length <= 5);
        found.push(...answer.body.rooms.map((room) => room.id));
        cursor = answer.body.nextCursor && `&cursor=${encodeURIComponent(answer.body.nextCursor)}`;
      } while (cursor);
      assert.equal(new Set(found).size, found.length, 'no room comes on two pages');
      return found;
    };
    assert.deepEqual(await ids('scope=mine'), ['listed-hers']);
    const all = await ids('scope=public');
    assert.ok(all.includes('listed-hers') && all.includes('listed-his'), `${all}`);
    isProblem(await ada.rest.get('/api/rooms?scope=all'), 400, 'invalid_argument');
    isProblem(await ada.rest.get('/api/rooms?limit=0'), 400, 'invalid_argument');
  });

  test('makes a room once, and tells of it', async () => {
    const ada = await town.guest('Ada-creates');
    const made = await ada.rest.post('/api/rooms', { id: 'by-hand', name: 'By hand', topic: 'Tools' });
    assert.equal(made.status, 201, made.text);
    const { id, name, topic, visibility, createdBy, lastSeq, memberCount, role } = made.body;
    assert.deepEqual(
      { id, name, topic, visibility, createdBy, lastSeq, memberCount, role },
      {
        id: 'by-hand',
        name: 'By hand',
        topic: 'Tools',
        visibility: 'public',
        createdBy: ada.id,
        lastSeq: 0,
        memberCount: 1,
        role: 'owner',
      },
    );
    isProblem(await ada.rest.post('/api/rooms', { id: 'by-hand', name: 'Again' }), 409, 'conflict');
    for (const body of [
      {},
      { name: 5 },
      { name: '' },
      { id: 'two words', name: 'x' },
      { name: 'x', visibility: 'secret' },
      [],
    ]) {
      isProblem(await ada.rest.post('/api/rooms', body), 400, 'invalid_argument');
    }
    const { body } = await ada.rest.get('/api/rooms/by-hand');
    assert.equal(body.name, 'By hand');
    const named = await ada.rest.post('/api/rooms', { name: 'No id given' });
    assert.match(named.body.id, /^[A-Za-z0-9_-]{1,64}$/);
    await ada.joins(named.body.id);
  });

  test('tells who is there', async () => {
    const ada = await town.guest('Ada-there');
    const bob = await town.guest('Bob-there');
    await ada.joins('present');
    await bob.joins('present');
    await bob.does('presence:update', 'away');
    const { body, status } = await ada.rest.get('/api/rooms/present/presence');
    assert.equal(status, 200);
    assert.equal(body.onlineCount, 2);
    assert.deepEqual(body.online.map((user) => `${user.username} ${user.status}`).sort(), [
      'Ada-there online',
      'Bob-there away',
    ]);
  });
});

describe('sending over REST', { concurrency: 8 }, () => {
  test('is heard like any other message, and a repeat is the same message', async () => {
    const ada = await town.guest('Ada-posts');
    const bob = await town.guest('Bob-listens');
    await ada.joins('posting');
    const watcher = await bob.stays('posting');
    const first = await ada.rest.post('/api/rooms/posting/messages', { content: 'by post', clientId: 'letter-1' });
    assert.equal(first.status, 201, first.text);
    const heard = await bob.hears('by post');
    const message = first.body.message ?? first.body;
    assert.equal(message.id, heard.id);
    const repeat = await ada.rest.post('/api/rooms/posting/messages', { content: 'by post', clientId: 'letter-1' });
    assert.equal(repeat.status, 200, repeat.text);
    assert.equal((repeat.body.message ?? repeat.body).id, heard.id);
    assert.equal((await ada.says('posting', 'by post', { clientId: 'letter-1' })).id, heard.id);
    await watcher.reaches(1);
    assert.equal((await ada.says('posting', 'the next')).seq, 2);
    await watcher.reaches(2);
    watcher.isSound();
  });

  test('follows the same rules', async () => {
    const ada = await town.guest('Ada-rules');
    const eve = await town.guest('Eve-rules');
    await ada.joins('rules');
    const path = '/api/rooms/rules/messages';
    const wrong = [
      {},
      { content: 5 },
      { content: '  ' },
      { content: 'a\u0000' },
      { content: 'x', clientId: '' },
      { content: 'x', type: 'system' },
      [],
      'x',
      null,
    ];
    for (const body of wrong) isProblem(await ada.rest.post(path, body), 400, 'invalid_argument');
    isProblem(await ada.rest.postRaw(path, '{"content":'), 400, 'invalid_argument');
    isProblem(await ada.rest.postRaw(path, '{"content":"\\ud800"}'), 400, 'invalid_argument');
    isProblem(await ada.rest.postRaw(path, Buffer.from([0x7b, 0xff, 0x7d])), 400, 'invalid_argument');
    isProblem(await ada.rest.postRaw(path, '['.repeat(20_000)), 400, 'invalid_argument');
    isProblem(await ada.rest.post(path, { content: 'x'.repeat(8001) }), 413, 'payload_too_large');
    // A server may close the connection while the client still writes: then there is no answer to read.
    const tooMuch = await ada.rest.post(path, { content: 'x'.repeat(10_000_000) }).catch((error) => error);
    if (!(tooMuch instanceof TypeError)) isProblem(tooMuch, 413, 'payload_too_large');
    isProblem(await eve.rest.post(path, { content: 'not a member' }), 403, 'forbidden');
    isProblem(await eve.rest.post('/api/rooms/no-such-room/messages', { content: 'x' }), 404, 'not_found');
    assert.deepEqual((await ada.rest.get(path)).body.messages, []);
  });

  test('is for those who say who they are', async () => {
    for (const token of [undefined, 'noise', town.token({ sub: 'late', name: 'Late', expiresIn: -3600 })]) {
      const rest = town.rest(0, token);
      isProblem(await rest.post('/api/rooms/rules/messages', { content: 'x' }), 401, 'unauthenticated');
      isProblem(await rest.get('/api/rooms'), 401, 'unauthenticated');
      isProblem(await rest.get('/api/rooms/rules/messages'), 401, 'unauthenticated');
      isProblem(await rest.get('/api/rooms/rules/changes?since=0'), 401, 'unauthenticated');
      isProblem(await rest.get('/api/rooms/rules/presence'), 401, 'unauthenticated');
    }
  });
});

describe('beside the interface', { concurrency: 8 }, () => {
  test('the server says that it is up, that it is ready, and how it is doing', async () => {
    const rest = town.rest();
    assert.equal((await rest.get('/health')).status, 200);
    const ready = await rest.get('/ready');
    assert.equal(ready.status, 200);
    assert.deepEqual(ready.body?.degraded ?? [], []);
    const metrics = await rest.get('/metrics');
    assert.equal(metrics.status, 200);
    assert.match(metrics.text, /^# TYPE \w+ (counter|gauge|histogram)$/m);
  });

  test('it describes itself and serves the page', async () => {
    const rest = town.rest();
    const { body: openapi } = await rest.get('/api/openapi.json');
    assert.match(openapi.openapi, /^3\./);
    assert.ok(openapi.paths['/api/rooms/{id}/messages'], Object.keys(openapi.paths).join(' '));
    const { body: asyncapi } = await rest.get('/api/asyncapi.json');
    assert.match(asyncapi.asyncapi, /^[23]\./);
    assert.match(JSON.stringify(asyncapi), /message:send/);
    const page = await rest.get('/');
    assert.equal(page.status, 200);
    assert.match(page.type, /^text\/html/);
  });
});
