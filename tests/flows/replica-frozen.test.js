// A replica stands still without dying: the others go on, and what it missed reaches its clients when it moves again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

test('a frozen replica holds nobody else back, and catches up', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const ada = await town.guest('Ada', { at: 1 });
  const carol = await town.guest('Carol', { at: 1 });
  const bob = await town.guest('Bob', { at: 0 });
  const watchers = [await ada.stays('lobby'), await carol.stays('lobby'), await bob.stays('lobby')];
  // Sends that the freeze meets halfway: they may hold locks at that moment.
  const halfway = Array.from({ length: 200 }, (_, i) => bob.insistsOn('lobby', `halfway ${i}`));
  await watchers[0].reaches(5);
  town.pause(0);
  for (let i = 0; i < 50; i++) {
    const began = Date.now();
    await ada.says('lobby', `meanwhile ${i}`);
    await carol.hears(`meanwhile ${i}`);
    // The contract allows 1.5 s; the rest is for a busy machine.
    assert.ok(Date.now() - began < 5_000, `message ${i} took ${Date.now() - began} ms`);
  }
  bob.hasNotSeen('message:new', { content: 'meanwhile 49' });
  town.resume(0);
  const messages = await Promise.all(halfway);
  await Promise.all(watchers.map((watcher) => watcher.has(messages.map((message) => message.id))));
  await bob.says('lobby', 'moving again');
  await Promise.all(watchers.map((watcher) => watcher.reaches(251)));
  agree(watchers);
  assert.equal(watchers[2].list.length, 251);
});
