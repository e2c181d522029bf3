// What somebody types finds the room that they know, or becomes an id.
import { expect, test } from 'vitest';
import { idFromName, isRoomId, nextId, roomIdFrom } from './room-id';

const known = [
  { id: 'garden', name: 'The Garden' },
  { id: 'kitchen-2', name: 'Küche' },
];

test.each([
  ['garden', 'garden'],
  ['#garden', 'garden'],
  ['the garden', 'garden'],
  ['GARDEN', 'garden'],
  ['küche', 'kitchen-2'],
  ['New_room-1', 'New_room-1'],
  ['Größe & Maß', 'gro-e-ma'],
  ['  a  b  ', 'a-b'],
  ['🌱', null],
  ['', null],
])('%s is %s', (text, id) => {
  expect(roomIdFrom(text, known)).toBe(id);
});

test('a name gives an id that the server takes, or none', () => {
  for (const name of ['x'.repeat(200), `${'x'.repeat(63)} y`, '--a--', 'Ä ö ü', '🥕', '']) {
    const id = idFromName(name);
    expect(id === '' || isRoomId(id), name).toBe(true);
  }
});

test('where an id is taken, there is another much like it', () => {
  expect(nextId('garden')).toBe('garden-2');
  expect(nextId('garden-2')).toBe('garden-3');
  expect(nextId('x'.repeat(64))).toBe(`${'x'.repeat(62)}-2`);
});
