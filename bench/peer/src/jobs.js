// BullMQ in the benchmarks of jobs: a worker whose handler does nothing but note how long its job was on its way, and what gives it
// work. The words are those of Belfry's side, bench/jobs.
//
// node jobs.js work --report FILE | drain --jobs N | pace --rate N --seconds N --warm-up N

import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { settings } from './settings.js';

const NAME = 'nothing';
// Jobs that are added with one call.
const AT_ONCE = 1000;
const EVERY_MS = 100;
// As Belfry's: done, it is gone, and what fails is tried again.
const OPTIONS = { removeOnComplete: true, attempts: 5, backoff: { type: 'exponential', delay: 1000 } };

const {
  positionals: [command],
  values,
} = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(['report', 'jobs', 'rate', 'seconds', 'warm-up'].map((name) => [name, { type: 'string' }])),
});
const connect = () => new Redis(settings.redisUrl, { maxRetriesPerRequest: null, enableAutoPipelining: true });
const now = () => performance.timeOrigin + performance.now();

await { work, drain, pace }[command]();

function work() {
  const waits = [];
  const worker = new Worker(
    NAME,
    async ({ data: { at } }) => {
      if (at > 0) waits.push(now() - at);
    },
    { connection: connect(), concurrency: settings.workerConcurrency },
  );
  worker.on('error', (error) => console.error(error));
  process.on('SIGTERM', async () => {
    await worker.close();
    writeFileSync(values.report, JSON.stringify({ waits }));
    process.exit(0);
  });
}

async function drain() {
  const [queue, redis] = [new Queue(NAME, { connection: connect() }), connect()];
  const jobs = Number(values.jobs);
  const before = await redisBytes(redis);
  const began = performance.now();
  for (let left = jobs; left > 0; left -= AT_ONCE) {
    const batch = Array.from({ length: Math.min(left, AT_ONCE) }, () => ({ name: NAME, data: { at: 0 }, opts: OPTIONS }));
    await queue.addBulk(batch);
  }
  const filledMs = performance.now() - began;
  const full = await redisBytes(redis);

  console.log('ready');
  await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve));
  // The workers' own start does not count: from when the first jobs are done.
  let first;
  for (;;) {
    await sleep(EVERY_MS);
    const { waiting, active, delayed } = await queue.getJobCounts('waiting', 'active', 'delayed');
    const [open, at] = [waiting + active + delayed, performance.now()];
    if (!first && open < jobs) first = { open, at };
    else if (first && open === 0) {
      report({
        jobs,
        storedPerSecond: (jobs / filledMs) * 1000,
        jobsPerSecond: (first.open / (at - first.at)) * 1000,
        redisBytesEach: (full - before) / jobs,
        redisBytesLeft: (await redisBytes(redis)) - before,
      });
    }
  }
}

async function pace() {
  const queue = new Queue(NAME, { connection: connect() });
  const [rate, seconds, warmUp] = [values.rate, values.seconds, values['warm-up']].map(Number);
  await queue.waitUntilReady();
  console.log('ready');
  const stored = [];
  const asked = [];
  let failed = 0;
  const began = now();
  for (let n = 0; n < rate * (warmUp + seconds); ) {
    // A timer comes once a millisecond at best: all that is due by then is added.
    for (const due = now() - began; n < rate * (warmUp + seconds) && (n * 1000) / rate <= due; n += 1) {
      const offset = (n * 1000) / rate;
      const counts = offset >= warmUp * 1000;
      const at = began + offset;
      const added = queue.add(NAME, { at: counts ? at : 0 }, OPTIONS);
      asked.push(
        added.then(
          () => counts && stored.push(now() - at),
          () => {
            failed += 1;
          },
        ),
      );
    }
    await sleep(1);
  }
  await Promise.all(asked);
  await sleep(1000);
  report({ failed, storedMs: quantiles(stored) });
}

function report(found) {
  console.log(JSON.stringify(found));
  process.exit(0);
}

function quantiles(list) {
  const sorted = list.toSorted((a, b) => a - b);
  const at = (q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1), count: sorted.length };
}

async function redisBytes(redis) {
  return Number((await redis.info('memory')).match(/used_memory:(\d+)/)[1]);
}
