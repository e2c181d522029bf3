// What somebody types finds the room that they know, or becomes an id.
import { expect, test } from 'vitest';
import { roomIdFrom } from './room-id';

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
