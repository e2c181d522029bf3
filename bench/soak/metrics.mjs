// What GET /metrics takes with 10,000 connections: `node bench/soak/metrics.mjs` (CLIENTS=10000). At most 10 ms, or it ends with 1.
//
// The people sit in 100 rooms of one replica; first nothing happens, then 20 of the rooms get ten messages a second each, which is 20,000 deliveries a second.
// Times are from the request to the whole answer, over one connection that is kept, as Prometheus has it. Beside each stands a GET of
// /health, which says next to nothing: what that takes is the machine and what else it does.

import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { start, stop } from '../runner/processes.mjs';
import { Ledger } from './ledger.mjs';
import { Person } from './person.mjs';
import { report, round, summary } from './report.mjs';
import { onStage, SECRET } from './stage.mjs';
import { token } from './tokens.mjs';
import { cpuSeconds, figures } from './watch.mjs';

const CLIENTS = Number(process.env.CLIENTS ?? 10_000);
const ROOMS = 100;
const WRITERS = 20;
const TIMES = 500;
const LIMIT = 10;

await onStage('metrics', async (stage) => {
  const settings = { MESSAGES_PER_SECOND: '100000', RUST_LOG: 'warn' };
  const [replica] = await stage.serves(1, settings);
  const alone = await asked(replica, TIMES);
  const crowd = start(
    [join(stage.bin, 'belfry-load'), 'idle', '--url', replica.url, '--clients', CLIENTS, '--rooms', ROOMS, '--stay', 400].map(
      String,
    ),
    { log: join(stage.logs, 'crowd.log'), env: { JWT_SECRET: SECRET } },
  );
  while ((await figures(replica.url)).sockets < CLIENTS) {
    if (crowd.ended) throw new Error('the crowd did not come');
    await pause(500);
  }
  // Their joins and presence are still under way.
  await pause(3_000);
  const quiet = await asked(replica, TIMES);
  const writers = await gathered(replica);
  let isOver = false;
  const before = await figures(replica.url);
  const began = performance.now();
  const writing = writers.map((person, n) => writes(person, `bench-${n}`, () => isOver));
  const busy = await asked(replica, TIMES);
  const deliveries = ((await figures(replica.url)).deliveries - before.deliveries) / ((performance.now() - began) / 1_000);
  isOver = true;
  await Promise.all(writing);
  for (const person of writers) person.goes();
  const { sockets } = await figures(replica.url);
  await stop(crowd);

  const rows = { 'nobody there': alone, [`${CLIENTS} connections, quiet`]: quiet, [`${CLIENTS} connections, busy`]: busy };
  for (const [name, { ms, healthMs, cpuMs, bytes }] of Object.entries(rows)) {
    console.log(
      `${name}: p50 ${ms.median} ms, p99 ${ms.p99} ms, longest ${ms.max} ms of ${ms.count}; /health p50 ${healthMs.median} ms, p99 ${healthMs.p99} ms; the replica's CPU ${cpuMs} ms each; ${bytes} bytes`,
    );
  }
  // On a machine that others keep busy whoever asks waits for a core, for whatever: that is taken off.
  const met = [quiet, busy].every(({ ms, healthMs }) => ms.median - Math.max(0, healthMs.median - alone.healthMs.median) <= LIMIT);
  console.log(
    `${sockets} sockets at the end, ${round(deliveries, 0)} deliveries a second while busy; at most ${LIMIT} ms: ${met ? 'met' : 'NOT met'}`,
  );
  report('metrics.json', stage, { clients: CLIENTS, deliveriesPerSecond: round(deliveries, 0), rows, limitMs: LIMIT, met });
  return met && sockets >= CLIENTS;
});

/** Asks so many times, one after the other, twenty milliseconds apart. */
async function asked({ url, pid }, times) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const took = [];
  const nothing = [];
  let bytes = 0;
  const before = cpuSeconds(pid);
  for (let n = 0; n < times; n++) {
    const began = performance.now();
    bytes = await length(`${url}/metrics`, agent);
    const between = performance.now();
    await length(`${url}/health`, agent);
    took.push(between - began);
    nothing.push(performance.now() - between);
    await pause(20);
  }
  agent.destroy();
  // Whatever else the replica did meanwhile is in it.
  return { ms: summary(took), healthMs: summary(nothing), cpuMs: round(((cpuSeconds(pid) - before) * 1_000) / times), bytes };
}

function length(url, agent) {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => {
        bytes += chunk.length;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url} ${response.statusCode}`))));
    });
    request.on('error', reject);
  });
}

async function gathered({ url }) {
  const ledger = new Ledger();
  const people = Array.from({ length: WRITERS }, (_, n) => {
    const id = `writer-${n}`;
    return new Person({ ledger, user: { id }, token: token(id, id), urls: [url] });
  });
  for (const [n, person] of people.entries()) {
    await person.connects();
    await person.joins(`bench-${n}`);
  }
  return people;
}

async function writes(person, room, over) {
  for (let n = 0; !over(); n++) {
    person.says(room, `message ${n} of a hundred bytes or so, as people write them when they have a little time to`);
    await pause(100);
  }
}
