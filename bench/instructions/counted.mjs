// One server under callgrind: started, filled, counted while messages are sent one after the other, and ended.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { until, within } from '../../tests/flows/support/limits.js';
import { freePort } from '../../tests/flows/support/ports.js';
import { Program, repositoryFile } from '../../tests/flows/support/program.js';

const WebSocket = createRequire(repositoryFile('tests/flows/package.json'))('ws');
const run = promisify(execFile);
/** Valgrind makes all of it about fifty times slower. */
const limit = 300_000;
/** Sends before it is counted: what is made once is made. */
const WARM_UP = 20;
/** How long it is counted, in ms, what the server does with nothing to deliver: heartbeats, looks at the queue. */
const QUIET = 10_000;

/**
 * The profile of a server of that kind under that load, as callgrind writes it, and that of a while without any:
 * `{ profile, seconds, exports, quiet: { profile, seconds } }`, with the requests to the collector meanwhile.
 */
export async function counted({ binary, share }, { sockets, sends, together, threads }) {
  const directory = await mkdtemp(join(tmpdir(), 'belfry-instructions-'));
  let exports = 0;
  const collector = createServer((request, response) => {
    exports++;
    request.resume().on('end', () => response.end());
  });
  collector.listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const port = await freePort();
  const traces = share && {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.address().port}`,
    OTEL_TRACES_SAMPLER_ARG: share,
  };
  const settings = {
    BIND_ADDR: `127.0.0.1:${port}`,
    DATABASE_URL: `sqlite://${join(directory, 'belfry.db')}`,
    LINK_PREVIEWS: 'off',
    MESSAGES_PER_SECOND: '100000',
    EVENTS_PER_SECOND: '100000',
    DRAIN_SECONDS: '1',
    // Who finds what to do first, and so how much is done together, is as good as the same each time with few threads alone.
    TOKIO_WORKER_THREADS: String(threads),
    ...traces,
  };
  // At its own speed: under valgrind a database takes longer to make than the server waits for it.
  await run(resolve(binary), ['migrate'], { cwd: directory, env: { PATH: process.env.PATH, ...settings } });
  const profile = join(directory, 'callgrind.out');
  const tool = ['--tool=callgrind', '--instr-atstart=no', '--fair-sched=yes', `--callgrind-out-file=${profile}`];
  const server = new Program('valgrind', [...tool, resolve(binary), 'serve'], settings, directory);
  try {
    const base = `http://127.0.0.1:${port}`;
    const ready = async () => {
      assert.ok(server.isRunning, server.said());
      return (await fetch(`${base}/ready`).catch(() => ({}))).status === 200;
    };
    await until(ready, 'the server is ready', { limit, seen: () => server.said() });
    const crowd = await gathers(base, port, sockets);
    const [speaker] = crowd;
    const says = async (text, times = together) => {
      const heard = Promise.all(crowd.map((one) => one.hears('message:new', times, text)));
      const refused = speaker.hears('error').then((why) => Promise.reject(new Error(why)));
      // In one piece: else it is the network's and the machine's load that decide how many the server reads at once.
      speaker.together(() => {
        for (let i = 0; i < times; i++) speaker.emits('message:send', { roomId: 'square', content: text });
      });
      await within(Promise.race([heard, refused]), `everybody hears ${text}`, { limit, seen: () => server.said() });
    };
    // Counted as well, and forgotten: the first time that code is counted it takes many times as long.
    await controlled(server, '--instr=on');
    for (let said = 0, tries = 0; said < WARM_UP; tries++) {
      // One at a time first. Even so the first ones may take longer than the server gives the store.
      const saying = says(`warm-up ${tries}.`, said < WARM_UP / 2 ? 1 : together);
      said += await saying.then(
        () => 1,
        (error) => (tries < 5 * WARM_UP ? 0 : Promise.reject(error)),
      );
    }
    await controlled(server, '--zero');
    const before = exports;
    const seconds = await took(async () => {
      for (let i = 0; i < sends; i += together) await says(`message ${i} of a load that is always the same`);
    });
    // Into a file of its own, and what is counted next begins at zero.
    await controlled(server, '--dump=load');
    const sent = exports - before;
    const quietSeconds = await took(() => pause(QUIET));
    await controlled(server, '--dump=quiet');
    await controlled(server, '--instr=off');
    for (const one of crowd) one.socket.terminate();
    server.signal('SIGTERM');
    await server.exit(limit);
    const [load, quiet] = await Promise.all([`${profile}.1`, `${profile}.2`].map((file) => readFile(file, 'utf8')));
    return { profile: load, seconds, exports: sent, quiet: { profile: quiet, seconds: quietSeconds } };
  } finally {
    if (server.isRunning) await server.kill();
    collector.close();
    collector.closeAllConnections();
    await rm(directory, { recursive: true, force: true });
  }
}

async function took(work) {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1_000;
}

function controlled(server, ...how) {
  return run('callgrind_control', [...how, String(server.child.pid)], { timeout: limit });
}

/** So many sockets, all live in one room. */
async function gathers(base, port, count) {
  const crowd = [];
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify({ username: `guest${i}` });
    const answer = await fetch(`${base}/api/auth/guest`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    const told = await answer.text();
    assert.ok(answer.ok, told);
    const client = new Client(port);
    await client.comes(JSON.parse(told).accessToken);
    crowd.push(client);
  }
  return crowd;
}

/** As little of a Socket.IO client as will do. */
class Client {
  #awaited = new Map();

  constructor(port) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
    this.socket.on('error', () => {});
    this.socket.on('message', (data) => this.#takes(data.toString()));
  }

  async comes(token) {
    const [opened, came] = [this.hears('open'), this.hears('connect')];
    await within(opened, 'the socket opens', { limit });
    this.socket.send(`40${JSON.stringify({ token })}`);
    await within(came, 'the socket is let in', { limit });
    const history = this.hears('room:history');
    this.emits('join:room', { roomId: 'square' });
    await within(history, 'the history', { limit });
  }

  emits(event, data) {
    this.socket.send(`42${JSON.stringify([event, data])}`);
  }

  /** What is sent meanwhile leaves in one write. */
  together(send) {
    const stream = this.socket._socket;
    stream.cork();
    send();
    stream.uncork();
  }

  /** The next packets of that name that have this in them, so many; the last of them. */
  hears(name, times = 1, what = '') {
    return new Promise((resolve) => this.#awaited.set(name, { resolve, times, what }));
  }

  #takes(frame) {
    if (frame === '2') return this.socket.send('3');
    const name = frame.startsWith('0') ? 'open' : frame.startsWith('40') ? 'connect' : /^42\["([^"]+)"/.exec(frame)?.[1];
    const awaiting = this.#awaited.get(name);
    if (!awaiting || !frame.includes(awaiting.what) || --awaiting.times > 0) return;
    this.#awaited.delete(name);
    awaiting.resolve(frame);
  }
}
