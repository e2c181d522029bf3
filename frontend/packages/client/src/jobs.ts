// The user's background jobs: what the server lists, what is made here, and what is told of them; the newer word wins.
import type { Jobs } from './contract.js';
import type { Desk } from './desk.js';
import { cell } from './readable.js';
import type { Job } from './wire.js';

const MOST = 200;

export interface JobList extends Jobs {
  told(job: Job): void;
  forget(): void;
}

export function createJobs(desk: Pick<Desk, 'jobs' | 'createJob' | 'cancelJob' | 'jobResult'>): JobList {
  const state = cell<readonly Job[]>([]);
  let asking = false;
  let again = false;

  function take(jobs: readonly Job[]) {
    const known = new Map(state.get().map((job) => [job.id, job]));
    let news = false;
    for (const job of jobs) {
      const before = known.get(job.id);
      if (before && !isNewer(job, before)) continue;
      known.set(job.id, job);
      news = true;
    }
    if (news) state.set([...known.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, MOST));
  }

  async function refresh() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    do {
      again = false;
      // Best effort: what is known stays, and the next connect asks again.
      await desk.jobs().then(
        ({ jobs }) => take(jobs),
        () => undefined,
      );
    } while (again);
    asking = false;
  }

  return {
    get: state.get,
    subscribe: state.subscribe,
    told: (job) => take([job]),
    refresh: () => void refresh(),
    forget: () => state.set([]),
    async create(request) {
      const job = await desk.createJob(request);
      take([job]);
      return state.get().find(({ id }) => id === job.id) ?? job;
    },
    async cancel(id) {
      const job = await desk.cancelJob(id);
      if (job) take([job]);
    },
    result: (id) => desk.jobResult(id),
  };
}

/** Two words of one millisecond: the one that is further along. */
function isNewer(job: Job, known: Job): boolean {
  if (job.updatedAt !== known.updatedAt) return job.updatedAt > known.updatedAt;
  const over = ({ state }: Job) =>
    state === 'completed' || state === 'dead' || state === 'cancelled' ? 1 : 0;
  if (over(job) !== over(known)) return over(job) > over(known);
  return (job.progress >= known.progress && job.state !== known.state) || job.progress > known.progress;
}
