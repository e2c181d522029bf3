// How long a replica takes from its start to the first 200 of /ready: `node bench/soak/cold-start.mjs` (TIMES=20).
//
// Embedded: SQLite and nothing else, in an empty directory and in one that was used before. Full: Postgres and Redis, with an empty
// database, where all migrations run, and with a migrated one. Beside the time, the CPU time that the process had used by then.

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../runner/processes.mjs';
import { report, summary } from './report.mjs';
import { onStage } from './stage.mjs';

const TIMES = Number(process.env.TIMES ?? 20);
/** Milliseconds, by what is promised. */
const LIMITS = { embedded: 200, full: 1_000 };
/** Milliseconds between two looks at /ready. */
const LOOK = 2;

await onStage('cold-start', async (stage) => {
  const program = join(stage.bin, 'belfry');
  const full = () => stage.settings({ RUST_LOG: 'warn' });
  const embedded = { DATABASE_URL: 'sqlite://data/belfry.db' };
  let rooms = 0;
  const empty = () => {
    const directory = join(stage.directory, `embedded-${rooms++}`);
    mkdirSync(directory);
    return directory;
  };
  const used = empty();
  const here = empty();
  const cases = {
    'embedded, empty directory': { limit: LIMITS.embedded, settings: () => embedded, place: empty },
    'embedded, used directory': { limit: LIMITS.embedded, settings: () => embedded, place: () => used, before: 1 },
    'full, empty database': {
      limit: undefined,
      settings: () => ({ ...full(), DATABASE_URL: stage.stores.fresh() }),
      place: () => here,
    },
    'full, migrated database': { limit: LIMITS.full, settings: full, place: () => here, before: 1 },
  };
  const starts = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (const [name, { settings, place, before = 0 }] of Object.entries(cases)) {
    for (let n = -before; n < TIMES; n++) {
      const one = await started(program, settings(), place());
      if (n >= 0) starts[name].push(one);
      // What `fresh` drops is the database before it, which the migrated case needs no more.
      if (name === 'full, empty database' && n === TIMES - 1) stage.databaseUrl = stage.stores.fresh();
    }
  }
  const rows = Object.entries(cases).map(([name, { limit }]) => {
    const time = summary(starts[name].map((one) => one.milliseconds));
    const cpu = summary(starts[name].map((one) => one.cpu));
    return { name, times: TIMES, readyMs: time, cpuMs: cpu, limitMs: limit, met: limit === undefined || time.median <= limit };
  });
  for (const { name, readyMs, cpuMs, limitMs, met } of rows) {
    const target = limitMs === undefined ? '' : `, at most ${limitMs} ms: ${met ? 'met' : 'NOT met'}`;
    console.log(
      `${name}: median ${readyMs.median} ms, p95 ${readyMs.p95} ms (least ${readyMs.min}); CPU ${cpuMs.median} ms${target}`,
    );
  }
  report('cold-start.json', stage, { cases: rows });
  return rows.every(({ met }) => met);
});

/** Starts a replica, waits until it is ready, and ends it. */
async function started(program, settings, cwd) {
  const port = await freePort();
  const env = { PATH: process.env.PATH, RUST_LOG: 'warn', DRAIN_SECONDS: '0', BIND_ADDR: `127.0.0.1:${port}`, ...settings };
  const began = performance.now();
  const child = spawn(program, ['serve'], { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });
  const gone = new Promise((resolve) => child.once('close', resolve));
  let ended = false;
  gone.then(() => {
    ended = true;
  });
  while (!(await isReady(port))) {
    if (ended || performance.now() - began > 30_000) throw new Error('it did not become ready');
    await pause(LOOK);
  }
  const milliseconds = performance.now() - began;
  const cpu = cpuMilliseconds(child.pid);
  child.kill('SIGTERM');
  await gone;
  return { milliseconds, cpu };
}

/** Whether /ready answers 200, over a connection of its own. */
function isReady(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write('GET /ready HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n'));
    socket.on('data', (chunk) => {
      text += chunk;
      if (text.length < 12) return;
      resolve(text.startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

/** CPU time of a process so far, of all its threads that still are. */
function cpuMilliseconds(pid) {
  const times = readdirSync(`/proc/${pid}/task`).map((thread) => {
    const [nanoseconds] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  });
  return times.reduce((sum, one) => sum + one, 0);
}
