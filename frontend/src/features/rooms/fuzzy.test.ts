// What is typed finds the name that is meant first.
import { expect, test } from 'vitest';
import { fits } from './fuzzy';

const best = (wish: string, names: string[]) =>
  names
    .map((name) => ({ name, score: fits(wish, name) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score)
    .map(({ name }) => name);

test.each([
  ['garden', ['Old garden', 'Garden', 'Gardeners'], ['Garden', 'Gardeners', 'Old garden']],
  ['gp', ['Green paint', 'Gossip', 'Group'], ['Green paint', 'Gossip', 'Group']],
  ['kuche', ['Küche', 'Kuchen'], ['Küche', 'Kuchen']],
  ['room 12', ['Room 112', 'Room 12'], ['Room 12', 'Room 112']],
  ['xyz', ['Garden'], []],
])('%s', (wish, names, found) => {
  expect(best(wish, names)).toEqual(found);
});

test('nothing typed fits everything', () => {
  expect(fits('', 'Garden')).toBeGreaterThan(0);
});
