// Somebody who listens and says nothing stays connected, whichever way they came.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import { embedded } from './support/town.js';

// Longer than a socket may take to catch up with what was queued for it (10 s), which must not be taken for silence.
const QUIET = 13_000;

test('who is only listening is not cut', async (t) => {
  const town = await embedded(t);
  const ada = await town.guest('Ada');
  await ada.joins('hall');
  for (let i = 0; i < 60; i++) await ada.says('hall', `${i} ${'long '.repeat(60)}`);
  const listeners = await Promise.all(
    ['websocket', 'polling', 'both'].map((via, i) => town.guest(`Listener ${i}`, { via })),
  );
  await listeners.reduce((before, listener) => before.then(() => listener.joins('hall')), Promise.resolve());
  // One that has not even joined has heard nothing but the handshake.
  listeners.push(await town.guest('Bystander'));
  await pass(QUIET);
  for (const listener of listeners) {
    assert.deepEqual(
      listener.journal.filter((entry) => entry.kind === 'cut'),
      [],
      `${listener.name} was cut`,
    );
  }
  await ada.says('hall', 'still there?');
  await Promise.all(listeners.slice(0, 3).map((listener) => listener.hears('still there?')));
});
