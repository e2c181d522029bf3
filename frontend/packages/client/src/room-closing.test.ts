// When a room that nobody shows any more is let go of.
import { expect, it } from 'vitest';
import { createLife } from './life.js';
import { createJoining } from './room-joining.js';
import { createRoomStore } from './room-store.js';
import type { World } from './world.js';

it('a cut a moment after the room was closed does what the end of that moment does, once', () => {
  const life = createLife();
  const nothing = () => undefined;
  const store = createRoomStore('garden', {
    me: () => null,
    hasDraft: () => false,
    moved: nothing,
    changed: nothing,
  });
  const connection = { sid: nothing, ask: async () => ({ ok: false }), tell: nothing };
  let closed = 0;
  const joining = createJoining(store, { life: () => life, connection } as unknown as World, {
    joined: nothing,
    refused: nothing,
    closed() {
      closed += 1;
    },
  });
  joining.open()();
  expect([closed, joining.isWanted()]).toEqual([0, true]);
  joining.cut();
  joining.cut();
  expect([closed, joining.isWanted(), store.state.get().status]).toEqual([1, false, 'closed']);
  life.end();
});
