// What is left of a room that nobody has looked at for long.
import { expect, it } from 'vitest';
import { createRoomStore } from './room-store.js';

it('tells a view that the list is another one when its messages are dropped', () => {
  const nothing = () => undefined;
  const store = createRoomStore('garden', {
    me: () => null,
    hasDraft: () => false,
    moved: nothing,
    changed: nothing,
  });
  store.empty();
  const { epoch } = store.messages.get();
  store.empty();
  expect(store.messages.get().epoch).toBeGreaterThan(epoch);
});
