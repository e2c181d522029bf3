// Bounds that a person may run into: how fast, how many rooms, how far behind.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { embedded, unhurried } from './support/town.js';

describe('a bound', { concurrency: 8 }, () => {
  test('ROOMS_PER_SOCKET: one room too many is refused until another is left', async (t) => {
    const town = await embedded(t, { ROOMS_PER_SOCKET: '3' });
    const ada = await town.guest('Ada');
    for (const room of ['one', 'two', 'three', 'three']) await ada.joins(room);
    await ada.isRefused('join:room', 'four', 'rate_limited');
    await ada.says('three', 'those joined stay');
    await ada.leaves('one');
    await ada.joins('four');
    const phone = await ada.again();
    await phone.joins('one');
  });

  test('MESSAGES_PER_SECOND: what is too fast is refused with the time to wait, and then goes', async (t) => {
    const town = await embedded(t, { MESSAGES_PER_SECOND: '2' });
    const ada = await town.guest('Ada');
    const bob = await town.guest('Bob');
    const watcher = await bob.stays('lobby');
    await ada.joins('lobby');
    const acks = await Promise.all(
      Array.from({ length: 40 }, (_, i) => ada.tries('message:send', { roomId: 'lobby', content: `message ${i}` })),
    );
    const sent = acks.filter((ack) => ack.ok);
    const refused = acks.filter((ack) => !ack.ok);
    assert.ok(sent.length >= 10 && sent.length < 40, `a burst of 10 is allowed, ${sent.length} of 40 went through`);
    for (const { error } of refused) {
      assert.equal(error.code, 'rate_limited');
      assert.ok(
        Number.isInteger(error.retryAfterMs) && error.retryAfterMs > 0 && error.retryAfterMs < 60_000,
        `${error.retryAfterMs}`,
      );
    }
    await bob.says('lobby', 'the limit is hers alone');
    const phone = await ada.again();
    const { retryAfterMs } = await phone.isRefused(
      'message:send',
      { roomId: 'lobby', content: 'on the phone' },
      'rate_limited',
    );
    await pause(retryAfterMs);
    await ada.says('lobby', 'having waited');
    await watcher.reaches(sent.length + 2);
    watcher.isSound();
  });

  test('EVENTS_PER_SECOND: other events of one socket have a bound of their own', async (t) => {
    const town = await embedded(t, { EVENTS_PER_SECOND: '2' });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const acks = await Promise.all(Array.from({ length: 40 }, () => ada.tries('typing:start', 'lobby')));
    const refused = acks.filter((ack) => !ack.ok);
    assert.ok(refused.length > 0 && refused.length <= 31, `${refused.length} of 40 were refused`);
    for (const { error } of refused) {
      assert.equal(error.code, 'rate_limited');
      assert.ok(error.retryAfterMs > 0, `${error.retryAfterMs}`);
    }
    await ada.says('lobby', 'messages have their own');
  });

  test('a client that stops reading is cut, nobody waits for it, and it comes back to all it missed', async (t) => {
    const town = await embedded(t, unhurried);
    const [ada, bob, slow] = [await town.guest('Ada'), await town.guest('Bob'), await town.guest('Slow')];
    const watcher = await bob.stays('busy');
    await ada.joins('busy');
    slow.goes();
    const raw = await town.raw();
    await raw.handshakes(slow.token);
    raw.sends('421["join:room","busy"]');
    await raw.hears((frame) => frame.startsWith?.('431[{"ok":true'), 'the acknowledgement of the join');
    raw.stopsReading();
    // Some 19 MB: more than the kernel's buffers and the server's bound together.
    const content = '🦀'.repeat(8000);
    const count = 600;
    for (let sent = 0; sent < count; sent += 50) {
      await Promise.all(Array.from({ length: 50 }, () => ada.says('busy', content)));
      await watcher.reaches(sent + 50);
    }
    watcher.isSound();
    await bob.sees('user:left', { roomId: 'busy', userId: slow.id });
    // By its link, and not by TCP, which would have given up later.
    assert.match((await town.rest().get('/metrics')).text, /^belfry_links_cut_total [1-9]/m);
    raw.readsAgain();
    await raw.isCut();
    const back = await slow.again();
    const mine = back.watches('busy');
    await back.joins('busy', { since: 0 });
    mine.isSound();
    assert.equal(mine.rev, count);
    assert.equal(mine.list.at(-1).seq, count);
  });
});
