// What a message may hold, and that it is sent once however often it is sent.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { embedded } from './support/town.js';

const town = await embedded({ after });

describe('a clientId', { concurrency: 8 }, () => {
  test('makes one message of two sends, and one event', async () => {
    const ada = await town.guest('Ada-repeats');
    const watcher = await ada.stays('once');
    const first = await ada.says('once', 'hello', { clientId: 'a' });
    const second = await ada.says('once', 'hello', { clientId: 'a' });
    assert.equal(second.id, first.id);
    assert.equal(second.seq, 1);
    await ada.says('once', 'fence');
    await ada.hears('fence');
    watcher.isSound();
    assert.equal(ada.seen('message:new', { id: first.id }).length, 1);
    assert.equal(watcher.rev, 2);
  });

  test('makes one message of many sends at once, through two connections, over and over', async () => {
    const ada = await town.guest('Ada-both');
    const phone = await ada.again();
    const watcher = await ada.stays('at-once');
    await phone.joins('at-once');
    const ids = [];
    for (let round = 0; round < 10; round++) {
      const sends = [ada, phone, ada, phone].map((one) =>
        one.says('at-once', `round ${round}`, { clientId: `round-${round}` }),
      );
      const same = new Set((await Promise.all(sends)).map((message) => message.id));
      assert.equal(same.size, 1, `round ${round} made ${same.size} messages`);
      ids.push(...same);
    }
    await watcher.reaches(10);
    watcher.isSound();
    assert.deepEqual(
      watcher.list.map((message) => message.id),
      ids,
    );
  });

  test('belongs to its user and its room', async () => {
    const ada = await town.guest('Ada-owns');
    const bob = await town.guest('Bob-owns');
    for (const room of ['own-1', 'own-2']) {
      await ada.joins(room);
      await bob.joins(room);
    }
    const messages = [
      await ada.says('own-1', 'hers', { clientId: 'same' }),
      await ada.says('own-2', 'hers elsewhere', { clientId: 'same' }),
      await bob.says('own-1', 'his', { clientId: 'same' }),
    ];
    assert.equal(new Set(messages.map((message) => message.id)).size, 3);
    assert.deepEqual(
      messages.map((message) => message.content),
      ['hers', 'hers elsewhere', 'his'],
    );
  });

  test('still counts after a restart', async (t) => {
    const own = await embedded(t);
    const ada = await own.guest('Ada');
    await ada.joins('lobby');
    const first = await ada.says('lobby', 'hello', { clientId: 'for good' });
    ada.goes();
    await own.kill();
    await own.starts();
    const again = await ada.again();
    assert.equal((await again.says('lobby', 'hello', { clientId: 'for good' })).id, first.id);
  });

  test('has 1 to 64 characters', async () => {
    const ada = await town.guest('Ada-names');
    await ada.joins('naming');
    await ada.says('naming', 'longest', { clientId: 'ü'.repeat(64) });
    for (const clientId of ['', 'x'.repeat(65), 5, {}, 'nul\u0000', 'half a pair \ud800']) {
      await ada.isRefused('message:send', { roomId: 'naming', content: 'hello', clientId }, 'invalid_argument');
    }
  });
});

describe('the text of a message', { concurrency: 8 }, () => {
  const kept = {
    'one character': 'x',
    '8,000 letters': 'x'.repeat(8000),
    '8,000 emoji': '🦀'.repeat(8000),
    'what JSON and SQL must escape': `"quotes" 'single' \\ back\nline\ttab \u2028 \u001f; DROP TABLE messages; --`,
    'what HTML must escape': '<script>alert(1)</script>&amp;',
    'many scripts': 'Ünïcödé 漢字 العربية עברית हिन्दी 👩‍👩‍👧‍👦 e\u0301',
    'space around words': '  indented\n',
  };
  for (const [name, content] of Object.entries(kept)) {
    test(`is kept to the letter: ${name}`, async () => {
      const ada = await town.guest('Ada-writes');
      const room = `kept-${Object.keys(kept).indexOf(name)}`;
      await ada.joins(room);
      assert.equal((await ada.says(room, content)).content, content);
      assert.equal((await ada.sees('message:new', { roomId: room })).content, content);
      const { body } = await ada.rest.get(`/api/rooms/${room}/messages`);
      assert.equal(body.messages[0].content, content);
    });
  }

  const refused = {
    'nothing at all': ['', 'invalid_argument'],
    'blanks alone': [' \n\t ', 'invalid_argument'],
    'wide blanks alone': ['\u3000\u00a0', 'invalid_argument'],
    'a NUL': ['a\u0000b', 'invalid_argument'],
    'half a surrogate pair': ['a\ud800b', 'invalid_argument'],
    '8,001 letters': ['x'.repeat(8001), 'payload_too_large'],
    '8,001 emoji': ['🦀'.repeat(8001), 'payload_too_large'],
  };
  for (const [name, [content, code]] of Object.entries(refused)) {
    test(`is refused: ${name}`, async () => {
      const ada = await town.guest('Ada-errs');
      const room = `refused-${Object.keys(refused).indexOf(name)}`;
      const watcher = await ada.stays(room);
      await ada.isRefused('message:send', { roomId: room, content }, code);
      const { id: messageId } = await ada.says(room, 'the connection stays');
      await ada.isRefused('message:edit', { messageId, content }, code);
      await ada.says(room, 'and the text');
      await watcher.reaches(2);
      watcher.isSound();
      assert.equal(watcher.list[0].seq, 1, 'a refused message takes no place');
      assert.equal(watcher.list[0].content, 'the connection stays');
    });
  }
});
