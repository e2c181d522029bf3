// One run of a benchmark of jobs: workers on the cores of the servers, and who gives them work on the others.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { busy, Clock } from './cpu.mjs';
import { run, start, stop } from './processes.mjs';

const peerProgram = join(import.meta.dirname, '..', 'peer', 'src', 'jobs.js');
// Jobs that are done at once, over all workers of a contender.
const CONCURRENCY = 100;

// How each is started: the program with its words, and how many worker processes share the concurrency.
export const workforces = {
  belfry: { program: (bin) => [join(bin, 'belfry-jobs')], processes: 1 },
  // One process of Node keeps one core busy at most.
  peer: { program: () => ['node', peerProgram], processes: 2 },
};

// Returns a report in the shape of belfry-load's.
export async function measureJobs(words, contender, { bin, cores, logs, stores, databaseUrl, jwtSecret }) {
  const { program, processes } = workforces[contender];
  const env = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: stores.redisUrl,
    JWT_SECRET: jwtSecret,
    WORKER_CONCURRENCY: String(CONCURRENCY / processes),
    NODE_ENV: 'production',
  };
  const reports = Array.from({ length: processes }, (_, n) => join(logs, `report-${n}`));
  const startWorkers = () =>
    reports.map((report, n) =>
      start([...program(bin), 'work', '--report', report], { cores: cores.server, log: join(logs, `worker-${n}.log`), env }),
    );
  let workers = [];
  let clock;
  // Who drains gets workers when all is there; who keeps a pace finds them at work.
  const drains = words[0] === 'drain';
  if (!drains) workers = startWorkers();
  const begin = () => {
    if (drains) workers = startWorkers();
    clock = new Clock(
      workers.map(({ pid }) => pid),
      stores.pids,
    );
  };
  const { code, stdout } = await run([...program(bin), ...words], {
    cores: cores.load,
    env,
    limitMs: 1_200_000,
    whenReady: async () => begin(),
  });
  const cpu = clock?.read();
  await Promise.all(workers.map(stop));
  if (code !== 0) return { faults: ['the run failed'], cpu: busy() };
  const found = JSON.parse(stdout.trim().split('\n').at(-1));
  const seen = reports.map((path) => JSON.parse(readFileSync(path, 'utf8')));
  const faults = found.failed ? [`${found.failed} jobs were not taken in`] : [];
  return { ...found, startMs: together(seen), cpu, faults };
}

// Belfry's worker has reckoned itself; of several processes of Node each brings its list.
function together(seen) {
  if (seen[0].startMs !== undefined) return seen[0].startMs ?? undefined;
  const waits = seen.flatMap((it) => it.waits).sort((a, b) => a - b);
  if (waits.length === 0) return undefined;
  const at = (q) => waits[Math.min(waits.length - 1, Math.floor(q * waits.length))];
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: waits.at(-1), count: waits.length };
}
