// Addresses lead to where they were made for, and anything else leads home.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRoomId } from './room-id';
import { BROWSE_ADDRESS, HOME_ADDRESS, placeIn, roomAddress } from './routes';

const roomId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const seq = fc.option(fc.integer({ min: 1, max: 2 ** 49 }), { nil: undefined });

test('every room, and every message in one, has an address that leads to it', () => {
  fc.assert(
    fc.property(roomId, seq, (id, at) => {
      const there = { view: 'room', roomId: id, ...(at !== undefined && { seq: at }) };
      expect(placeIn(roomAddress(id, at))).toEqual(there);
    }),
  );
});

test('any text as an address leads somewhere, and to no room that cannot be', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const there = placeIn(`#/${text}`);
      if (there.view === 'room') expect(isRoomId(there.roomId)).toBe(true);
    }),
  );
});

test.each([
  ['', 'home'],
  ['#', 'home'],
  [HOME_ADDRESS, 'home'],
  ['#garden', 'room'],
  ['#/garden', 'room'],
  ['#/garden/', 'room'],
  ['#/garden/12', 'room'],
  ['#/garden/0', 'home'],
  ['#/garden/1e3', 'home'],
  ['#/garden/12/3', 'home'],
  ['#/a room', 'home'],
  [BROWSE_ADDRESS, 'browse'],
])('%s leads to %s', (hash, view) => {
  expect(placeIn(hash).view).toBe(view);
});
