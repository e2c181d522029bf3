// What typed text means, and which ids names give.
import { expect, it } from 'vitest';
import { idFromName, isRoomId, nextId, roomIdFrom } from './room-id';

it('finds a known room by id or by name, in any case', () => {
  const known = [
    { id: 'a1', title: 'Kitchen garden' },
    { id: 'b2', title: 'a1' },
  ];
  expect(roomIdFrom('a1', known)).toBe('a1');
  expect(roomIdFrom(' #kitchen GARDEN', known)).toBe('a1');
  expect(roomIdFrom('B2', known)).toBe('b2');
});

it('takes what can be an id as it is, and makes one of what cannot', () => {
  expect(roomIdFrom('Tools_2', [])).toBe('Tools_2');
  expect(roomIdFrom('Café & bar', [])).toBe('cafe-bar');
  expect(roomIdFrom('кухня', [])).toBeNull();
  expect(roomIdFrom('  #  ', [])).toBeNull();
});

it('gives an id that the server takes, or none', () => {
  for (const name of ['x'.repeat(200), `${'x'.repeat(63)} y`, '--a--', 'Ä ö ü', '🥕', '']) {
    const id = idFromName(name);
    expect(id === '' || isRoomId(id), name).toBe(true);
  }
});

it('has another id where one is taken', () => {
  expect(nextId('garden')).toBe('garden-2');
  expect(nextId('garden-2')).toBe('garden-3');
  expect(nextId('x'.repeat(64))).toBe(`${'x'.repeat(62)}-2`);
});
