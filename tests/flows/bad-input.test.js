// What no decent client sends: each gets a clear error or a clean cut, and nobody else notices.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, describe, test } from 'node:test';
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
const messageId = randomUUID();
const noMessage = [null, 5, true, [], {}, messageId, { messageId: 5 }, { messageId: null }, { messageId: 'not an id' }];
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
  'message:edit': [
    ...noMessage.map((argument) => (argument?.messageId ? { ...argument, content } : argument)),
    { content },
    { messageId },
    ...[null, 5, ['hello'], { text: 'hello' }, '', ' \n', 'a\u0000b'].map((text) => ({ messageId, content: text })),
  ],
  'message:delete': noMessage,
  'message:clap': [...noMessage, ...[0, -5, 1.5, '1', [], 1e300].map((count) => ({ messageId, count }))],
  'message:react': [
    ...noMessage.map((argument) => (argument?.messageId ? { ...argument, emoji: '👍', on: true } : argument)),
    { messageId, emoji: '👍' },
    { messageId, on: true },
    { messageId, emoji: '👍', on: 'yes' },
    ...[null, 5, '', 'a b', 'x'.repeat(33)].map((emoji) => ({ messageId, emoji, on: true })),
  ],
  'message:read': [
    ...noRoom.map((argument) => (argument?.roomId ? { ...argument, seq: 1 } : argument)),
    roomId,
    { roomId },
    ...[-1, 1.5, '1', null, [], 1e300].map((seq) => ({ roomId, seq })),
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
