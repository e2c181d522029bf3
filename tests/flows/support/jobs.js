// Background jobs as their owners ask for them and follow them.

import { answered } from './rest.js';

const ENDED = ['completed', 'dead', 'cancelled'];

/** Asks for a job, which must be taken; resolves with it. `wish`: `priority`, `delayMs`, `expiresMs`. */
export async function asks(person, type, payload, wish = {}) {
  return answered(await person.rest.post('/api/jobs', { type, payload, ...wish }), 202);
}

/** Asks for a room as a file. */
export function exports(person, roomId, format = 'json', wish = {}) {
  return asks(person, 'room.export', { roomId, format }, wish);
}

/** The update that tells this person of the job's end, or of another state. */
export function hearsOf(person, { id }, states = ENDED, options = {}) {
  const wanted = [states].flat();
  return person.sees('job:update', (job) => job.id === id && wanted.includes(job.state), options);
}

/** The job as it is now. */
export async function looksAtJob(person, { id }) {
  return answered(await person.rest.get(`/api/jobs/${id}`), 200);
}

/** What the job has made: the whole answer. */
export async function fetches(person, { id }) {
  const answer = await person.rest.get(`/api/jobs/${id}/result`);
  answered(answer, 200);
  return answer;
}
