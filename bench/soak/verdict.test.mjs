// The judge of the soak run sees a slow leak under the noise of real memory, and does not see one in the noise alone: node --test bench/soak

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysAllowed, leftovers, risen } from './verdict.mjs';

const MINUTES = 7;

/** Samples every two seconds of a process that holds 40 MiB, takes 19 MiB for a password now and then, and `leak` KiB a minute for good. */
function samples(leak) {
  let state = 1;
  const chance = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return Array.from({ length: MINUTES * 30 }, (_, n) => {
    const passwords = chance() < 0.4 ? 19_456 * Math.ceil(chance() * 3) : 0;
    return { at: n * 2_000, value: 40_960 + 500 * chance() + passwords + (leak * n) / 30 };
  });
}

test('memory that jumps and stays does not rise', () => {
  const { rises, riseKib } = risen(samples(0));
  assert.equal(rises, false, `${riseKib}`);
});

test('what is lost for good shows under what comes and goes', () => {
  // 600 KiB a minute: 4.1 MiB in seven, of which 3 may be noise.
  const { rises, riseKib } = risen(samples(600));
  assert.equal(rises, true);
  assert.ok(riseKib > 3_500 && riseKib < 4_700, `${riseKib}`);
});

test('after a short warm-up some more may be remembered', () => {
  assert.equal(risen(samples(600), { warmedUpFor: 3 * 60_000 }).rises, false);
  assert.equal(risen(samples(1_400), { warmedUpFor: 3 * 60_000 }).rises, true);
});

test('memory that falls does not rise', () => {
  assert.equal(risen(samples(-600)).rises, false);
});

test('whatever is left of a load is named', () => {
  const process = (sockets, clients) => ({ descriptors: { clients, others: 9 }, threads: 6, figures: { sockets, live_rooms: 0 } });
  const look = (sockets, clients, keys, channels = 1) => ({
    processes: { 'replica A': process(sockets, clients) },
    redis: { keys, channels },
  });
  const before = look(0, 1, {});
  const allowed = keysAllowed({ rooms: 2, replicas: 3 });
  assert.deepEqual(leftovers(before, look(0, 1, { '{room}:recent': 2 }), allowed), []);
  assert.deepEqual(leftovers(before, look(3, 4, { '{room}:recent': 3, 'presence:users': 1 }, 2), allowed), [
    'replica A: sockets is 3',
    'replica A: 3 descriptors more than before (clients)',
    'Redis: 3 keys {room}:recent, 2 may stay',
    'Redis: 1 keys presence:users, 0 may stay',
    'Redis: 2 channels listened to, 1 before',
  ]);
});
