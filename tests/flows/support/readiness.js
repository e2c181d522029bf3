// What `/ready` says of the parts that a server can do without.

import assert from 'node:assert/strict';
import { until } from './limits.js';

/** The names of the parts that are away, as the server at that place says while it is ready. */
export async function degraded(town, place) {
  const answer = await town.rest(place).get('/ready');
  assert.equal(answer.status, 200, `/ready answered ${answer.status} ${answer.text}`);
  return answer.body?.degraded ?? [];
}

/** Resolves when the servers at these places say that Redis is away. */
export function noticeAnOutage(town, places) {
  return each(town, places, ['redis'], { limit: 10_000 });
}

/** Resolves when they say that nothing is. */
export function areWhole(town, places) {
  return each(town, places, []);
}

function each(town, places, wanted, options) {
  const says = (place) => async () => String(await degraded(town, place)) === String(wanted);
  return Promise.all(
    places.map((place) => until(says(place), `/ready of ${place} to say degraded: [${wanted}]`, options)),
  );
}
