// What no decent client sends: each gets a clear error or a clean cut, and nobody else notices.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { unknownId } from './support/ids.js';
import { isProblem } from './support/rest.js';
import { embedded, unhurried } from './support/town.js';

const town = await embedded({ after }, unhurried);

const noRoom = [
  null,
  5,
  true,
  [],
  {},
  '',
  'two words',
  'ü',
  'x'.repeat(65),
  { roomId: 5 },
  { roomId: null },
  { roomId: '' },
  { roomId: 'a/b' },
];
const roomId = 'badly-treated';
const content = 'hello';
const messageId = unknownId();
const noMessage = [
  null,
  5,
  'hello',
  [],
  {},
  { messageId: null },
  { messageId: 5 },
  { messageId: '' },
  { messageId: 'not an id' },
  { messageId: [messageId] },
  { messageId: `${messageId}0` },
];
const onMessage = (...args) => [...noMessage, ...args.map((arg) => ({ messageId, ...arg }))];
const malformed = {
  'join:room': [...noRoom, [roomId], { roomId, since: '1' }, { roomId, since: 1e300 }, { roomId, limit: {} }],
  'leave:room': noRoom,
  'typing:start': noRoom,
  'typing:stop': noRoom,
  'presence:update': [null, 5, [], {}, '', 'offline', 'asleep', { status: 'offline' }, { status: 5 }, { status: null }],
  'message:send': [
    ...noRoom.filter((argument) => typeof argument !== 'object' || argument === null),
    'hello',
    [],
    {},
    { roomId },
    { content },
    { roomId: 5, content },
    { roomId: 'two words', content },
    { roomId, content: null },
    { roomId, content: 5 },
    { roomId, content: ['hello'] },
    { roomId, content: { text: 'hello' } },
    { roomId, content, type: 'system' },
    { roomId, content, type: 'file' },
    { roomId, content, type: 'shout' },
    { roomId, content, type: 5 },
    { roomId, content, replyTo: 5 },
    { roomId, content, replyTo: 'not an id' },
  ],
  'message:edit': onMessage(
    {},
    { content: null },
    { content: 5 },
    { content: [content] },
    { content: '' },
    { content: ' ' },
  ),
  'message:delete': noMessage,
  'message:clap': onMessage(...[-5, 0, 1.5, '3', true, [3], {}, 1e300, -1e300, 2 ** 63].map((count) => ({ count }))),
  'message:react': onMessage(
    {},
    { emoji: '👍' },
    { on: true },
    ...[null, 5, '', ' ', 'a b', '👍\n', 'x'.repeat(33), ['👍']].map((emoji) => ({ emoji, on: true })),
    ...[null, 1, 'true', {}].map((on) => ({ emoji: '👍', on })),
  ),
  'message:read': [
    ...noRoom,
    roomId,
    { roomId },
    ...[null, '1', -1, 1.5, true, [1], 1e300].map((seq) => ({ roomId, seq })),
    { roomId: 'two words', seq: 1 },
  ],
  'no:such:event': [null, {}, 'x'],
  'message:new': [{ roomId, content }],
  'room:history': [{ roomId }],
  constructor: [{}],
};

describe('a wrong argument', { concurrency: 8 }, () => {
  for (const [event, args] of Object.entries(malformed)) {
    test(`of ${event} is refused, and the connection stays`, async () => {
      const ada = await town.guest(`Ada ${event}`.slice(0, 30));
      const { id } = ada.socket;
      await ada.joins(roomId);
      for (const argument of args) await ada.isRefused(event, argument, 'invalid_argument');
      await ada.says(roomId, `after ${event}`);
      assert.equal(ada.socket.id, id);
      assert.deepEqual(ada.seen('error'), []);
    });
  }

  test('is told by an error event where no callback was given', async () => {
    const ada = await town.guest('Ada-no-callback');
    ada.shouts('no:such:event', {});
    ada.shouts('message:send', { roomId });
    ada.shouts('join:room');
    ada.shouts('typing:start', 5, 6, 7);
    for (const event of ['no:such:event', 'message:send', 'join:room', 'typing:start']) {
      const error = await ada.sees('error', { event });
      assert.equal(error.code, 'invalid_argument');
      assert.match(error.message, /\S/);
    }
  });

  test('unknown fields are ignored', async () => {
    const ada = await town.guest('Ada-more');
    await ada.joins('more', { future: true });
    const message = await ada.says('more', content, {
      seq: 99,
      userId: 'somebody else',
      id: 'mine',
      future: { deep: [1] },
    });
    assert.equal(message.seq, 1);
    assert.equal(message.userId, ada.id);
  });

  test('binary where JSON belongs is refused', async () => {
    const ada = await town.guest('Ada-binary');
    await ada.joins('binary');
    await ada.isRefused('message:send', { roomId: 'binary', content: Buffer.from('hello') }, 'invalid_argument');
    await ada.isRefused('join:room', Buffer.from('binary'), 'invalid_argument');
    ada.shouts('message:send', { roomId: 'binary', content: new Uint8Array(100) });
    await ada.sees('error', { event: 'message:send', code: 'invalid_argument' });
    await ada.says('binary', 'words again');
  });
});

describe('a number beyond sense', { concurrency: 4 }, () => {
  test('of claps takes effect as far as it may', async () => {
    const ada = await town.guest('Ada-claps-much');
    await ada.joins('much');
    const { id } = await ada.says('much', 'clap');
    const { claps } = await ada.does('message:clap', { messageId: id, count: 1e9 });
    assert.deepEqual(claps, { total: 50, mine: 50 });
    assert.deepEqual((await ada.does('message:clap', { messageId: id, count: 5 })).claps, { total: 50, mine: 50 });
  });

  test('of different emoji is refused from the twenty-first on', async () => {
    const ada = await town.guest('Ada-all-emoji');
    await ada.joins('emoji');
    const { id } = await ada.says('emoji', 'react');
    const emoji = Array.from({ length: 25 }, (_, i) => String.fromCodePoint(0x1f600 + i));
    for (const one of emoji.slice(0, 20)) await ada.does('message:react', { messageId: id, emoji: one, on: true });
    for (const one of emoji.slice(20)) {
      await ada.isRefused('message:react', { messageId: id, emoji: one, on: true }, 'conflict');
    }
    const { reactions } = await ada.does('message:react', { messageId: id, emoji: emoji[0], on: false });
    assert.equal(reactions.length, 19);
    await ada.does('message:react', { messageId: id, emoji: emoji[24], on: true });
  });

  test('of a place to have read up to is the last message', async () => {
    const ada = await town.guest('Ada-reads-ahead');
    await ada.joins('ahead');
    await ada.says('ahead', 'the only one');
    const { lastReadSeq } = await ada.does('message:read', { roomId: 'ahead', seq: 2 ** 53 - 1 });
    assert.equal(lastReadSeq, 1);
  });

  test('of characters is payload_too_large, in an edit too', async () => {
    const ada = await town.guest('Ada-edits-long');
    await ada.joins('long');
    const { id } = await ada.says('long', 'short');
    await ada.isRefused('message:edit', { messageId: id, content: 'x'.repeat(8001) }, 'payload_too_large');
    const { message } = await ada.does('message:edit', { messageId: id, content: '🦀'.repeat(8000) });
    assert.equal(message.rev, 2);
  });
});

describe('what has been deleted', { concurrency: 4 }, () => {
  const onMessages = {
    'message:edit': { content },
    'message:clap': {},
    'message:react': { emoji: '👍', on: true },
    'message:delete': {},
  };

  test('a deleted message is not changed any more', async () => {
    const ada = await town.guest('Ada-regrets');
    const watcher = await ada.stays('regrets');
    const { id } = await ada.says('regrets', 'oh no');
    await ada.does('message:delete', { messageId: id });
    for (const [event, argument] of Object.entries(onMessages)) {
      if (event === 'message:delete') continue;
      await ada.isRefused(event, { messageId: id, ...argument }, 'conflict');
    }
    await ada.says('regrets', 'better');
    await watcher.reaches(3);
    watcher.isSound();
  });

  test('a deleted room answers as one that never was, and so do its messages', async (t) => {
    const strict = await embedded(t, { ...unhurried, ROOM_CREATION: 'explicit' });
    const [ada, bob] = [await strict.guest('Ada'), await strict.guest('Bob')];
    await ada.opens('gone');
    await ada.adds(bob, 'gone');
    const { id } = await ada.says('gone', 'soon gone');
    await ada.ends('gone');
    for (const person of [ada, bob]) {
      const same = async (ask) => {
        const [gone, never] = [await ask('gone', id), await ask('never', unknownId())];
        assert.deepEqual(gone, never);
        return gone;
      };
      for (const [event, argument] of Object.entries(onMessages)) {
        const ack = await same((_, message) => person.tries(event, { messageId: message, ...argument }));
        assert.equal(ack.error.code, 'not_found', event);
      }
      const inRoom = { 'join:room': {}, 'message:send': { content }, 'message:read': { seq: 1 } };
      for (const [event, argument] of Object.entries(inRoom)) {
        const ack = await same((room) => person.tries(event, { roomId: room, ...argument }));
        assert.equal(ack.error.code, 'not_found', event);
      }
      for (const event of ['typing:start', 'typing:stop', 'leave:room'])
        await same((room) => person.tries(event, room));
      const { rest } = person;
      const member = `members/${bob.id}`;
      const asks = {
        GET: (room) => rest.get(room),
        PATCH: (room) => rest.patch(room, { name: 'again' }),
        DELETE: (room) => rest.delete(room),
        'GET members': (room) => rest.get(`${room}/members`),
        'POST members': (room) => rest.post(`${room}/members`, { userId: bob.id }),
        'PATCH a member': (room) => rest.patch(`${room}/${member}`, { role: 'moderator' }),
        'DELETE a member': (room) => rest.delete(`${room}/${member}`),
        'GET messages': (room) => rest.get(`${room}/messages`),
        'POST messages': (room) => rest.post(`${room}/messages`, { content }),
        'GET changes': (room) => rest.get(`${room}/changes?since=0`),
        'GET presence': (room) => rest.get(`${room}/presence`),
      };
      for (const [what, ask] of Object.entries(asks)) {
        const { status, text } = await same(async (room) => {
          const { status, type, text } = await ask(`/api/rooms/${room}`);
          return { status, type, text };
        });
        assert.equal(status, 404, `${what}: ${text}`);
      }
      const again = await rest.post('/api/rooms', { id: 'gone', name: 'again' });
      isProblem(again, 409, 'conflict');
    }
  });
});

describe('a broken packet', { concurrency: 4 }, () => {
  const deep = (depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const packets = {
    'an event that is no array': '42{}',
    'an event without a name': '42[]',
    'an event whose name is a number': '42[1,2]',
    'an event whose name is an object': '420[{"event":"join:room"},"x"]',
    'an event that ends in the middle': '42["join:room","ro',
    'an event that is no JSON': '42[join:room]',
    'an event with rubbish after it': '42["join:room","x"]]]]',
    'an event in deep nesting': `42["join:room",${deep(20_000)}]`,
    'an acknowledged event in deep nesting': `421["message:send",{"roomId":"badly-treated","content":${deep(20_000)}}]`,
    'an event with an acknowledgement number beyond all numbers': `42${'9'.repeat(40)}["join:room","x"]`,
    'half a surrogate pair': String.raw`42["message:send",{"roomId":"badly-treated","content":"\ud83e"}]`,
    'an escape that is none': String.raw`42["message:send",{"roomId":"badly-treated","content":"\x41"}]`,
    'a packet type that does not exist': '49["join:room","x"]',
    'a binary event that announces a million attachments': '451000000-["message:send",{"_placeholder":true,"num":0}]',
    'an event of another namespace': '42/admin,["join:room","x"]',
    'a second CONNECT': '40{"token":"other"}',
    'ten megabytes': `42["message:send",{"roomId":"badly-treated","content":"${'x'.repeat(10_000_000)}"}]`,
    'an engine packet that does not exist': '9',
    'nothing at all': '',
  };
  for (const [name, packet] of Object.entries(packets)) {
    test(`is answered or cut, and others go on: ${name}`, async () => {
      const ada = await town.guest('Ada-goes-on');
      const room = `beside-${Object.keys(packets).indexOf(name)}`;
      await ada.joins(room);
      const raw = await town.raw();
      await raw.handshakes(ada.token);
      raw.sends(packet);
      // What is neither answered nor cut must at least have been survived by the connection itself.
      raw.sends('4277["presence:update","busy"]');
      const outcome = await Promise.race([
        raw.isCutOrTold(),
        raw.hears(
          (frame) => typeof frame === 'string' && frame.startsWith('4377'),
          'the acknowledgement of what came next',
        ),
      ]);
      assert.ok(outcome);
      await ada.says(room, 'nothing happened');
      await ada.hears('nothing happened');
      const bob = await town.guest('Bob-comes-in');
      await bob.joins(room);
    });
  }

  test('is told as invalid_argument where it names its event', async () => {
    const ada = await town.guest('Ada-nests');
    const raw = await town.raw();
    await raw.handshakes(ada.token);
    raw.sends(`421["message:send",{"roomId":"badly-treated","content":${deep(1_000)}}]`);
    raw.sends(String.raw`422["message:send",{"roomId":"badly-treated","content":"\ud83e"}]`);
    raw.sends('423["presence:update","busy"]');
    for (const number of [1, 2]) {
      const answer = await raw.hears((frame) => frame.startsWith?.(`43${number}[`), `the acknowledgement of ${number}`);
      const [ack] = JSON.parse(answer.slice(3));
      assert.equal(ack.ok, false);
      assert.equal(ack.error.code, 'invalid_argument');
    }
    const answer = await raw.hears((frame) => frame.startsWith?.('433['), 'the acknowledgement of 3');
    assert.equal(JSON.parse(answer.slice(3))[0].ok, true);
  });

  test('before the handshake ends an event has no effect', async () => {
    const ada = await town.guest('Ada-early');
    await ada.joins('early');
    const raw = await town.raw();
    raw.sends('42["message:send",{"roomId":"early","content":"too early"}]');
    raw.sends('421["join:room","early-made"]');
    await raw.isCutOrTold();
    await ada.says('early', 'in time');
    await ada.hears('in time');
    ada.hasNotSeen('message:new', { content: 'too early' });
    assert.equal((await ada.rest.get('/api/rooms/early-made')).status, 404);
  });

  test('events right behind CONNECT take effect after it or end in a cut, never before', async () => {
    const ada = await town.guest('Ada-behind');
    await ada.joins('behind');
    const raw = await town.raw();
    raw.sends(`40${JSON.stringify({ token: 'wrong' })}`);
    raw.sends('421["message:send",{"roomId":"behind","content":"with a wrong token"}]');
    await raw.isCutOrTold();
    await ada.says('behind', 'fence');
    await ada.hears('fence');
    ada.hasNotSeen('message:new', { content: 'with a wrong token' });
  });

  test('a client that never sends CONNECT is cut', async () => {
    const raw = await town.raw();
    await raw.isCut();
  });
});
