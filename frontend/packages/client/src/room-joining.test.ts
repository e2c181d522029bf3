// What becomes of a room in which something was missed.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLife } from './life.js';
import { createJoining } from './room-joining.js';
import { createRoomStore } from './room-store.js';
import type { JoinAnswer, Message } from './wire.js';
import type { World } from './world.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('a live room whose repair fails is joined again until it has what it missed', async () => {
  const store = createRoomStore('garden', {
    me: () => null,
    hasDraft: () => false,
    moved: () => undefined,
    changed: () => undefined,
  });
  const told = (rev: number, mode: 'page' | 'delta') =>
    store.move({ type: 'history', history: { roomId: 'garden', rev, mode, messages: [], hasMore: false } });
  const life = createLife();
  const failures = [false, true, true, false];
  let joins = 0;
  const world = {
    connection: {
      sid: () => 'one',
      tell: () => undefined,
      async ask() {
        joins += 1;
        if (failures.shift()) return { ok: false, error: { code: 'unavailable', message: 'away' } };
        told(joins === 1 ? 1 : 5, joins === 1 ? 'page' : 'delta');
        return { ok: true, room: { id: 'garden' }, online: [], onlineCount: 0, typing: [] } as unknown as {
          ok: true;
        } & JoinAnswer;
      },
    },
    life: () => life,
  } as unknown as World;
  const joining = createJoining(store, world, {
    joined: () => undefined,
    closed: () => undefined,
    refused: () => undefined,
  });
  joining.open();
  await vi.advanceTimersByTimeAsync(0);
  expect(store.state.get().status).toBe('live');
  store.move({
    type: 'changed',
    change: { roomId: 'garden', rev: 5 } as unknown as Message & { rev: number },
  });
  expect(store.timeline().gap).toBe(true);
  joining.join();
  await vi.runAllTimersAsync();
  expect(joins).toBe(4);
  expect(store.timeline()).toMatchObject({ rev: 5, gap: false });
  expect(store.state.get()).toMatchObject({ status: 'live', problem: null });
  life.end();
});
