// The user's background jobs: what the server lists, what is made here, and what is told of them; the newer word wins.

import { JOBS_MOST, JOBS_PAGE } from './bounds.js';
import type { Jobs } from './contract.js';
import { oneAtATime } from './one-at-a-time.js';
import { cell } from './readable.js';
import type { Rest } from './rest.js';
import type { Job } from './wire.js';

export interface JobList extends Jobs {
  told(job: Job): void;
}

export function createJobs({ ask, download }: Pick<Rest, 'ask' | 'download'>): JobList {
  const state = cell<readonly Job[]>([]);

  function take(jobs: readonly Job[]) {
    const known = new Map(state.get().map((job) => [job.id, job]));
    let news = false;
    for (const job of jobs) {
      const before = known.get(job.id);
      if (before && !isNewer(job, before)) continue;
      known.set(job.id, job);
      news = true;
    }
    if (news) state.set([...known.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, JOBS_MOST));
  }

  // Best effort: what is known stays, and the next connect asks again.
  const refresh = oneAtATime(() =>
    ask<{ jobs: Job[] }>('/jobs', { query: { limit: JOBS_PAGE } }).then(
      ({ jobs }) => take(jobs),
      () => undefined,
    ),
  );

  return {
    get: state.get,
    first: state.first,
    subscribe: state.subscribe,
    told: (job) => take([job]),
    refresh: () => void refresh(),
    async create(request) {
      const job = await ask<Job>('/jobs', { method: 'POST', body: { payload: {}, ...request } });
      take([job]);
      return state.get().find(({ id }) => id === job.id) ?? job;
    },
    async cancel(id) {
      const job = await ask<Job | null>(pathOf(id), { method: 'DELETE' });
      if (job) take([job]);
    },
    result: (id) => download(`${pathOf(id)}/result`),
  };
}

function pathOf(id: string): string {
  return `/jobs/${encodeURIComponent(id)}`;
}

/** Two words of one millisecond: the one that is further along. */
function isNewer(job: Job, known: Job): boolean {
  if (job.updatedAt !== known.updatedAt) return job.updatedAt > known.updatedAt;
  const over = ({ state }: Job) => ['completed', 'dead', 'cancelled'].includes(state);
  if (over(job) !== over(known)) return over(job);
  return (job.progress >= known.progress && job.state !== known.state) || job.progress > known.progress;
}
