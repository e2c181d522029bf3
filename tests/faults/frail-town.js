// A town whose every part can be broken: replicas, perhaps a worker apart, a Postgres and a Redis of its own, and the network between them.

import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Balancer } from '../flows/support/balancer.js';
import { LIMIT } from '../flows/support/limits.js';
import { freePort } from '../flows/support/ports.js';
import { OwnPostgres } from '../flows/support/postgres.js';
import { TcpProxy } from '../flows/support/proxy.js';
import { OwnRedis } from '../flows/support/redis.js';
import { empty, unhurried } from '../flows/support/town.js';
import { previewing, Web } from '../flows/support/web.js';

const WORKER = 'worker';

export class FrailTown {
  /** Place (a replica's number, or `'worker'`) -> `{ postgres, redis }`: its ways to the stores, nobody else's. */
  networks = new Map();
  /** What was done to the town and when: `{ at, text }`. */
  timeline = [];
  #began = Date.now();
  #stays = true;

  /** `t` is told with `after` what is to be done in the end; with `workerApart` the replicas do no jobs. */
  static async founded(t, { replicas, workerApart }) {
    const frail = new FrailTown();
    frail.town = await empty(t, {
      ...unhurried,
      ...previewing,
      RUST_LOG: process.env.RUST_LOG ?? 'info',
      NO_COLOR: '1',
    });
    frail.hasWorkerApart = workerApart;
    frail.places = Array.from({ length: replicas }, (_, place) => place);
    const { town } = frail;
    frail.web = await Web.opens({ after: (ending) => town.whenItEnds(ending) });
    frail.postgres = await OwnPostgres.started();
    town.whenItEnds(() => frail.postgres.stop());
    frail.redis = await OwnRedis.started(town.directory);
    town.whenItEnds(() => frail.redis.stop());
    town.whenItEnds(() => {
      frail.#stays = false;
    });
    for (const place of [...frail.places, ...(workerApart ? [WORKER] : [])]) {
      const network = {
        postgres: await TcpProxy.before(frail.postgres.port),
        redis: await TcpProxy.before(frail.redis.port),
      };
      frail.networks.set(place, network);
      town.whenItEnds(() => Promise.all([network.postgres.close(), network.redis.close()]));
    }
    for (const _ of frail.places) {
      town.servers.push({ port: await freePort(), flags: workerApart ? ['--no-worker'] : [] });
    }
    await Promise.all(frail.places.map((place) => frail.starts(place)));
    town.balancer = await Balancer.before(town.servers.map((server) => server.port));
    town.whenItEnds(() => town.balancer.close());
    if (workerApart) frail.startsWorker();
    return frail;
  }

  note(text) {
    this.timeline.push({ at: Date.now(), text });
  }

  /** A moment as the timeline writes it. */
  time(at) {
    return `${((at - this.#began) / 1000).toFixed(2)} s`;
  }

  story() {
    return this.timeline.map(({ at, text }) => `  ${this.time(at).padStart(9)}  ${text}`).join('\n');
  }

  #settings(place) {
    const { postgres, redis } = this.networks.get(place);
    return { DATABASE_URL: postgres.leadsTo(this.postgres.url), REDIS_URL: redis.leadsTo(this.redis.url) };
  }

  /** Starts a replica, and again where it ended meanwhile, as a supervisor would: its database may be away. */
  async starts(place) {
    const end = Date.now() + 2 * LIMIT;
    for (;;) {
      try {
        return await this.town.starts(place, this.#settings(place));
      } catch (error) {
        await this.town.servers[place].program.kill();
        if (Date.now() > end) throw error;
        this.note(`replica ${place} ended while starting, and is started again`);
        await pause(200);
      }
    }
  }

  /** A worker apart that ends for want of its database is started again. */
  startsWorker() {
    const worker = this.town.runs([WORKER], this.#settings(WORKER));
    this.worker = worker;
    worker.ended.then(async ({ code }) => {
      if (!this.#stays || this.worker !== worker || code === null) return;
      await worker.exit();
      this.note(`the worker ended by itself with ${code}, and is started again`);
      await pause(200);
      if (this.#stays && this.worker === worker) this.startsWorker();
    });
  }

  async killsWorker() {
    const { worker } = this;
    this.worker = undefined;
    await worker.kill();
  }

  /** What Redis answers, as redis-cli prints it. */
  async asksRedis(...words) {
    const { stdout } = await promisify(execFile)('redis-cli', ['-p', this.redis.port, ...words].map(String), {
      timeout: 10_000,
    });
    return stdout.trim();
  }

  /** What `/ready` of a replica says: `'ready'`, or what is missing. */
  async readiness(place) {
    try {
      const response = await fetch(`${this.town.address(place)}/ready`, { signal: AbortSignal.timeout(2_000) });
      const body = await response.json();
      if (response.status !== 200) return body.reason ?? `status ${response.status}`;
      return body.degraded?.length ? `degraded: ${body.degraded}` : 'ready';
    } catch (error) {
      return error.name;
    }
  }

  /** The last lines of all programs that still run or ended last. */
  said(lines) {
    const programs = [...this.town.servers.map((server) => server.program), this.worker].filter(Boolean);
    return [...programs.map((program) => program.said(lines)), this.postgres.said()].join('\n');
  }
}
