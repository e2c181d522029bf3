// `make soak`: an hour of mixed load on two replicas and a worker; SHORT=1: ten minutes. Ends with 0 where nothing leaked and nothing went wrong.
//
// SOAK_MINUTES and SOAK_WARM_UP (minutes) set other times. SOAK_BREAK=sockets leaves some connections open at the end, SOAK_BREAK=memory
// hoards connections all the time, SOAK_BREAK=message makes up an acknowledgement: each must make the run fail. SCREEN=1 writes no file.

import { randomUUID } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { Doings, oneOf } from './acts.mjs';
import { Ledger, verifyHistory } from './ledger.mjs';
import { doesNotListen, EXPORTED, exports, hoards, listens, logsIn, makesRooms, visits } from './lives.mjs';
import { pause, wakeEverybody } from './pauses.mjs';
import { report, round } from './report.mjs';
import { onStage } from './stage.mjs';
import { Town } from './town.mjs';
import { keysAllowed, leftovers, risen, smallestSeen } from './verdict.mjs';
import { look, weigh } from './watch.mjs';

const MINUTE = 60_000;
const minutes = Number(process.env.SOAK_MINUTES ?? (process.env.SHORT ? 10 : 60));
const warmUp = Number(process.env.SOAK_WARM_UP ?? (minutes < 60 ? 3 : 20));
const broken = process.env.SOAK_BREAK;
/** Milliseconds between two looks. */
const LOOK = 5_000;
/** Milliseconds between two looks at nothing but memory, which jumps. */
const WEIGH = 250;
/** Milliseconds within which all is back after the load: idle connections over HTTP are kept for 130 s, leases and limits for less. */
const BACK = Number(process.env.SOAK_BACK ?? 4) * MINUTE;

const ROOMS = Array.from({ length: 10 }, (_, n) => `room-${n}`);
const HALL = 'hall';
const RESIDENTS = 60;
/** Above 200, where a room is told of in another way. */
const AUDIENCE = 220;

await onStage('soak', async (stage) => {
  const replicas = await stage.serves(2);
  stage.runs('worker', ['worker']);
  const postgres = await stage.postgres();
  const ledger = new Ledger();
  const names = Array.from({ length: RESIDENTS }, (_, n) => `resident-${n}`);
  const town = new Town({ urls: replicas.map(({ url }) => url), ledger, rooms: [...ROOMS, HALL], names });
  await wait(12_000);
  const baseline = await look(stage, postgres);
  console.log(`soak: ${minutes} minutes, the first ${warmUp} to warm up, on ${replicas.length} replicas and a worker`);

  const stalls = monitorEventLoopDelay();
  stalls.enable();
  let isOver = false;
  const over = () => isOver;
  const load = starts(town, over);
  // The time counts from when everybody who stays is there.
  await Promise.race([Promise.all([town.audience, town.firstExport]), wait(10 * MINUTE)]);
  stalls.reset();
  const began = Date.now();
  const looks = [];
  const weights = [];
  const scales = setInterval(() => weights.push(...weigh(stage)), WEIGH);
  while (Date.now() - began < minutes * MINUTE) {
    await wait(LOOK);
    looks.push(await look(stage, postgres));
    if (looks.length % 12 === 0) console.log(line(looks.at(-1), looks.at(-13) ?? baseline, began));
  }
  clearInterval(scales);
  const stallMs = Math.round(stalls.max / 1e6);
  isOver = true;
  wakeEverybody();
  const ended = await Promise.race([Promise.all(load).then(() => true), wait(2 * MINUTE, false)]);
  if (!ended) ledger.wrong('somebody did not come to an end', [...town.people].map(({ user }) => user.id).join(' '));
  if (broken === 'sockets') for (const person of [...town.people].slice(0, 3)) town.people.delete(person);
  town.everybodyGoes();
  if (broken === 'message') ledger.messages.set(randomUUID(), { room: ROOMS[0], seq: 1, content: 'nobody said this' });

  const history = await verifyHistory(ledger, town.restOf(town.token('resident-0')));
  const left = await settled(stage, postgres, baseline, replicas.length);
  const verdict = judged({ stage, ledger, baseline, looks, weights, began, left, history, after: left.after, stallMs });
  print(verdict);
  report('soak.json', stage, verdict);
  await postgres.end();
  return verdict.faults.length === 0;
});

/** Everybody begins; resolves, each, when `over()`. What breaks a life is told, and the life begins anew. */
function starts(town, over) {
  const lives = async (life, ...more) => {
    while (!over()) {
      try {
        await life(town, over, ...more);
      } catch (error) {
        town.ledger.wrong('a life broke off', error.stack);
        await pause(1_000);
      }
    }
  };
  let arrived;
  town.audience = new Promise((resolve) => {
    arrived = resolve;
  });
  town.firstExport = new Promise((resolve) => {
    town.exported = resolve;
  });
  const many = (count, life, ...more) => Array.from({ length: count }, () => lives(life, ...more));
  return [
    ...Array.from({ length: RESIDENTS }, (_, n) => lives(resides, n)),
    ...many(16, visits),
    ...many(3, logsIn),
    lives(seedsAndExports),
    lives(makesRooms),
    lives(doesNotListen),
    lives(listens, { count: AUDIENCE, room: HALL, arrived }),
    ...(broken === 'memory' ? [lives(hoards)] : []),
  ];
}

/** One who stays for the whole run. */
async function resides(town, over, n) {
  const person = town.person({ user: { id: town.names[n] } });
  await person.connects();
  const home = [ROOMS[n % ROOMS.length], ROOMS[(n * 3 + 1) % ROOMS.length], ...(n < 4 ? [HALL] : [])];
  for (const room of home) await person.joins(room);
  await new Doings({ ...town, person, rest: town.restOf(person.token), home }).goesOn(over, 800);
  // `sockets` has some stay behind.
  if (broken !== 'sockets' || n >= 3) town.leaves(person);
}

async function seedsAndExports(town, over) {
  const person = town.person({ user: { id: `seeder-${randomUUID()}` } });
  await person.connects();
  await person.joins(EXPORTED);
  for (let n = 0; n < 300 && !over(); n++) {
    await person.says(EXPORTED, `${n} ${oneOf(['short', 'long '.repeat(50)]).trim()}`);
    // A little slower than the limit of one user.
    await pause(55);
  }
  town.leaves(person);
  await exports(town, over);
}

/** Waits until everything is back, and tells what is not in time. */
async function settled(stage, postgres, baseline, replicas) {
  const ended = Date.now();
  for (;;) {
    const after = await look(stage, postgres);
    const { rows } = await postgres.query('SELECT count(*)::int AS n FROM rooms WHERE deleted_at IS NULL');
    const left = leftovers(baseline, after, keysAllowed({ rooms: rows[0].n, replicas: replicas + 1 }));
    if (after.redis.waiting > 0) left.push(`Redis: ${after.redis.waiting} tickets in the queue`);
    const jobs = await postgres.query("SELECT count(*)::int AS n FROM jobs WHERE state IN ('waiting', 'active', 'delayed')");
    if (jobs.rows[0].n > 0) left.push(`Postgres: ${jobs.rows[0].n} jobs that have not ended`);
    const seconds = Math.round((Date.now() - ended) / 1000);
    if (left.length === 0 || Date.now() - ended > BACK) return { left, seconds, after };
    await wait(1_000);
  }
}

function judged({ stage, ledger, baseline, looks, weights, began, left, history, after, stallMs }) {
  const counted = weights.filter(({ at }) => at - began >= warmUp * MINUTE);
  const faults = [...ledger.wrongs].map(([kind, { count, told }]) => `${count} times ${kind}: ${told[0]}`);
  const pieces = Object.values(ledger.counts).reduce((sum, count) => sum + count, 0);
  const share = counted.length / Math.max(1, weights.length);
  const memory = {};
  for (const [n, { name }] of stage.programs.entries()) {
    memory[name] = risen(
      counted.map(({ at, memoryKib }) => ({ at, value: memoryKib[n] })),
      { warmedUpFor: warmUp * MINUTE },
    );
    memory[name].afterKib = after.processes[name].memoryKib;
    memory[name].smallestSeenBytes = smallestSeen(memory[name], pieces * share);
    if (memory[name].rises)
      faults.push(`${name}: memory rose by ${memory[name].riseKib} KiB; ${memory[name].mostKib} may be noise`);
  }
  faults.push(...left.left.map((text) => `still there ${left.seconds} s after the end: ${text}`));
  for (const { name, processes } of [{ name: 'the end', ...after }]) {
    for (const { name: program, figures } of Object.values(processes)) {
      if (figures?.commit_failures) faults.push(`${program}: ${figures.commit_failures} commits failed, by ${name}`);
    }
  }
  const errors = stage.complaints(['ERROR']);
  if (errors.length > 0) faults.push(`${errors.length} errors in the logs: ${errors[0]}`);
  for (const { name, handle } of stage.programs) if (handle.ended) faults.push(`${name} ended by itself`);
  const last = looks.at(-1);
  return {
    minutes,
    loadGeneratorStoodStillMs: stallMs,
    warmUpMinutes: warmUp,
    faults,
    done: ledger.counts,
    refused: ledger.refusals,
    acknowledged: ledger.messages.size,
    history,
    memory,
    backAfterSeconds: left.seconds,
    warnings: tally(stage.complaints(['WARN'])),
    baseline: brief(baseline),
    atTheEndOfTheLoad: brief(last),
    after: brief(after),
    // Two a minute are enough to draw.
    series: looks
      .filter((_, n) => n % 12 === 0)
      .map(({ at, processes, redis }) => ({
        seconds: Math.round((at - began) / 1000),
        memoryKib: Object.values(processes).map(({ memoryKib }) => memoryKib),
        clients: Object.values(processes).map(({ descriptors }) => descriptors.clients),
        redisKib: Math.round(redis.memory / 1024),
      })),
  };
}

/** Warnings without their times and numbers, counted. */
function tally(lines) {
  const counts = {};
  for (const text of lines) {
    const kind = text
      .replace(/\S*T\d\d:\d\d:\S+\s*/, '')
      .replace(/[0-9a-f-]{8,}|\d+/g, '#')
      .slice(0, 120);
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function brief({ processes, redis, postgres }) {
  return { processes, redis, postgres };
}

function line(now, before, began) {
  const one = (name) => {
    const { memoryKib, cpuSeconds, threads, descriptors, figures } = now.processes[name];
    const cores = (cpuSeconds - before.processes[name].cpuSeconds) / ((now.at - before.at) / 1000);
    const people = figures ? `, ${figures.sockets} sockets, ${figures.live_rooms} rooms` : '';
    return `${name} ${round(memoryKib / 1024, 1)} MiB, ${round(cores)} cores, ${threads} threads, ${descriptors.clients} fds${people}`;
  };
  const keys = Object.values(now.redis.keys).reduce((sum, count) => sum + count, 0);
  const redis = `Redis ${keys} keys, ${round(now.redis.memory / 2 ** 20, 1)} MiB; Postgres ${now.postgres.sessions} sessions`;
  return `${Math.round((now.at - began) / 1000)} s: ${[...Object.keys(now.processes).map(one), redis].join('; ')}`;
}

function print({
  loadGeneratorStoodStillMs,
  memory,
  done,
  faults,
  acknowledged,
  history,
  backAfterSeconds,
  refused,
  warnings,
  baseline,
  after,
}) {
  const mib = (kib) => String(round(kib / 1024, 1));
  console.log('\n| process | held, MiB | rise after the warm-up | may be noise | after | descriptors before, after | threads |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, one] of Object.entries(memory)) {
    const [was, is] = [baseline, after].map(({ processes }) => processes[name]);
    const fds = ({ descriptors }) => descriptors.clients + descriptors.others;
    const cells = [mib(one.heldKib), mib(one.riseKib), mib(one.mostKib), mib(one.afterKib), `${fds(was)}, ${fds(is)}`, is.threads];
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  console.log(`\ndone: ${JSON.stringify(done)}`);
  console.log(`refused as expected: ${JSON.stringify(refused)}`);
  console.log(`warnings in the logs: ${JSON.stringify(warnings)}`);
  console.log(`${acknowledged} messages acknowledged; ${history.stored} in the history of ${history.rooms} rooms`);
  console.log(`Redis keys before: ${JSON.stringify(baseline.redis.keys)}`);
  console.log(`Redis keys after: ${JSON.stringify(after.redis.keys)}`);
  console.log(`looked for what is left until ${backAfterSeconds} s after the load ended`);
  console.log(`the load generator itself stood still for ${loadGeneratorStoodStillMs} ms at most`);
  for (const fault of faults) console.log(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? 'soak: nothing leaked, nothing went wrong' : `soak: FAILED, ${faults.length} faults`);
}
