// Who has read how far, as it happens: told to the room a moment later, and to all of the reader's devices.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { overBackends } from './support/backends.js';
import { replicas } from './support/town.js';

describe('reading', { concurrency: 4, ...overBackends }, () => {
  test('reaches the room and the reader’s devices on every replica, in the room or not', async (t) => {
    const town = await replicas(t, 2);
    const ada = await town.guest('Ada', { at: 0 });
    const bob = await town.guest('Bob', { at: 1 });
    const phone = await ada.again({ at: 1 });
    const tablet = await ada.again({ at: 0 });
    for (const one of [ada, bob, phone]) await one.joins('book');
    for (let page = 1; page <= 3; page++) await bob.says('book', `page ${page}`);
    await ada.reads('book', 2);
    const told = { roomId: 'book', userId: ada.id, lastReadSeq: 2 };
    for (const one of [bob, phone, tablet]) {
      assert.deepEqual(await one.sees('room:read', { userId: ada.id }), told);
      assert.equal(one.seen('room:read', { userId: ada.id }).length, 1);
    }
    // A device whose replica has nobody in the room.
    const alone = await bob.again({ at: 0 });
    await ada.says('book', 'page 4');
    await ada.leaves('book');
    await bob.reads('book', 4);
    await alone.sees('room:read', { userId: bob.id, lastReadSeq: 4 });
    tablet.hasNotSeen('room:read', { userId: bob.id });
  });

  test('of somebody who scrolls is told now and then, and ends where they are', async (t) => {
    const town = await replicas(t, 2);
    const ada = await town.guest('Ada', { at: 0 });
    const bob = await town.guest('Bob', { at: 1 });
    for (const one of [ada, bob]) await one.joins('scroll');
    for (let n = 1; n <= 40; n++) await bob.says('scroll', `line ${n}`);
    await Promise.all(Array.from({ length: 40 }, (_, n) => ada.reads('scroll', n + 1)));
    await bob.sees('room:read', { userId: ada.id, lastReadSeq: 40 });
    const told = bob.seen('room:read', { userId: ada.id }).map(({ lastReadSeq }) => lastReadSeq);
    assert.ok(told.length < 40, `forty positions were told ${told.length} times`);
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
  });
});
