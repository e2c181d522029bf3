// Addresses lead to where they were made for, and anything else leads home.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isRoomId } from './room-id';
import { addressOf, BROWSE_ADDRESS, HOME_ADDRESS, type Place, placeIn } from './routes';

const roomId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const place: fc.Arbitrary<Place> = fc.oneof(
  fc.constantFrom<Place>({ view: 'home' }, { view: 'browse' }),
  roomId.map((id): Place => ({ view: 'room', roomId: id })),
  fc
    .tuple(roomId, fc.integer({ min: 1, max: 2 ** 49 }))
    .map(([id, seq]): Place => ({ view: 'room', roomId: id, seq })),
);

test('every place has an address that leads to it', () => {
  fc.assert(
    fc.property(place, (there) => {
      expect(placeIn(addressOf(there))).toEqual(there);
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
