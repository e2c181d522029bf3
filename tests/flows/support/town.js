// A place for stories: one embedded server, or replicas on backends of their own; gone without a trace when the test ends.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownBackends } from './backends.js';
import { Balancer } from './balancer.js';
import { takeFaults } from './described.js';
import { until } from './limits.js';
import { Person } from './person.js';
import { freePort } from './ports.js';
import { OwnPostgres } from './postgres.js';
import { belfry } from './program.js';
import { TcpProxy } from './proxy.js';
import { OwnRedis } from './redis.js';
import { Rest } from './rest.js';
import { signed } from './tokens.js';
import { RawSocket } from './wire.js';

/** Settings for stories about load, in which no limit of a person's rate should show. */
export const unhurried = { MESSAGES_PER_SECOND: '100000', EVENTS_PER_SECOND: '100000' };

/** One server alone, on SQLite. `t`: the test, or `{ after }` for all tests of a file. `binary`: what runs in the place of `belfry`. */
export async function embedded(t, settings = {}, { binary } = {}) {
  const town = await Town.founded(t);
  town.binary = binary;
  town.settings = { ...town.settings, ...settings };
  await town.opens(1);
  return town;
}

/**
 * `count` replicas on Postgres and Redis; `worker: 'apart'` has `belfry worker` do the jobs.
 * `binary`: what runs in the place of `belfry`. `ownRedis` and `ownPostgres` may be stopped (`town.redis`, `town.postgres`). With `proxies`, each replica reaches its stores by way
 * of networks of its own, which can be broken: `town.servers[place].toPostgres` and `.toRedis`.
 */
export async function replicas(
  t,
  count,
  { settings = {}, worker = 'inside', ownRedis = false, ownPostgres = false, proxies = false, binary } = {},
) {
  const town = await Town.founded(t);
  town.binary = binary;
  const backends = await ownBackends();
  town.whenItEnds(() => backends.remove());
  town.settings = { ...town.settings, ...backends.settings, ...settings };
  if (ownRedis) {
    town.redis = await OwnRedis.started(town.directory);
    town.settings.REDIS_URL = town.redis.url;
    town.whenItEnds(() => town.redis.stop());
  }
  if (ownPostgres) {
    town.postgres = await OwnPostgres.started();
    town.settings.DATABASE_URL = town.postgres.url;
    town.whenItEnds(() => town.postgres.stop());
  }
  town.proxied = proxies;
  await town.opens(count, worker === 'apart' ? ['--no-worker'] : []);
  if (worker === 'apart') town.worker = town.runs(['worker']);
  return town;
}

/** A town in which nothing runs yet: for stories about starting. */
export async function empty(t, settings = {}) {
  const town = await Town.founded(t);
  town.settings = { ...town.settings, ...settings };
  return town;
}

class Town {
  servers = [];
  #programs = [];
  #people = [];
  #endings = [];

  static async founded(t) {
    const town = new Town();
    town.directory = await mkdtemp(join(tmpdir(), 'belfry-flow-'));
    town.secret = randomBytes(32).toString('hex');
    // No story asks the internet for a page; those about previews have pages of their own (see web.js).
    town.settings = {
      JWT_SECRET: town.secret,
      DRAIN_SECONDS: '1',
      LINK_PREVIEWS: 'off',
      RUST_LOG: process.env.RUST_LOG ?? 'info',
    };
    t.after(() => town.ends());
    return town;
  }

  async opens(count, flags = []) {
    for (let place = 0; place < count; place++) {
      const server = { port: await freePort(), flags, settings: {} };
      if (this.proxied) {
        server.toPostgres = await this.#network(server, 'DATABASE_URL', 5432);
        server.toRedis = await this.#network(server, 'REDIS_URL', 6379);
      }
      this.servers.push(server);
    }
    await Promise.all(this.servers.map((_, place) => this.starts(place)));
    this.balancer = await Balancer.before(this.servers.map((server) => server.port));
    this.whenItEnds(() => this.balancer.close());
  }

  /** A network of the server's own to what a setting names. */
  async #network(server, setting, usual) {
    const proxy = await TcpProxy.before(Number(new URL(this.settings[setting]).port) || usual);
    this.whenItEnds(() => proxy.close());
    server.settings[setting] = proxy.leadsTo(this.settings[setting]);
    return proxy;
  }

  /** Starts the server at that place, anew after an end; `/ready` answers 200 when this resolves. */
  async starts(place = 0, settings = {}) {
    const server = this.servers[place];
    server.url = `http://127.0.0.1:${server.port}`;
    server.program = this.runs(['serve', ...server.flags], {
      BIND_ADDR: `127.0.0.1:${server.port}`,
      ...server.settings,
      ...settings,
    });
    const { program } = server;
    const ready = async () => {
      if (!program.isRunning) throw new Error(`the server ended while starting\n${program.said()}`);
      const { status } = await new Rest(server.url).get('/ready').catch(() => ({}));
      return status === 200;
    };
    await until(ready, 'the server is ready', { seen: () => program.said() });
  }

  /** A run of the program with this town's settings. */
  runs(args, settings = {}) {
    const program = belfry(args, { ...this.settings, ...settings }, this.directory, this.binary);
    this.#programs.push(program);
    return program;
  }

  /** The server is gone at once, as with the power. */
  async kill(place = 0) {
    await this.servers[place].program.kill();
  }

  /** The server is asked to end, and may drain; resolves with `{ code, signal }`. */
  async stop(place = 0) {
    this.servers[place].program.signal('SIGTERM');
    return this.servers[place].program.exit();
  }

  pause(place) {
    this.servers[place].program.signal('SIGSTOP');
  }

  resume(place) {
    this.servers[place].program.signal('SIGCONT');
  }

  stopRedis() {
    return this.redis.stop();
  }

  startRedis() {
    return this.redis.start();
  }

  /** Where a client connects: a server by its place, or `'any'` for the balancer before them all. */
  address(at = 0) {
    return at === 'any' ? this.balancer.url : this.servers[at].url;
  }

  rest(at = 0, token = undefined) {
    return new Rest(this.address(at), token);
  }

  /** Somebody connected who gave nothing but a name. Options: `at`, `via`, `reconnects`. */
  async guest(username, options = {}) {
    let answer;
    // A crowd of guests on a busy machine: those whom the server cannot serve in time are told to come again.
    const isServed = async () => {
      answer = await this.rest(options.at).post('/api/auth/guest', { username });
      return answer.status !== 503;
    };
    await until(isServed, `${username} is let in`, { seen: () => this.said() });
    assert.ok(answer.status === 200 || answer.status === 201, `a guest was answered ${answer.status} ${answer.text}`);
    const { user, accessToken } = answer.body;
    return this.connected({ user, token: accessToken, ...options });
  }

  /** Somebody connected with a token that an application of ours has signed. */
  async citizen(username, { id = `user-${randomUUID()}`, expiresIn, ...options } = {}) {
    return this.connected({
      user: { id, username },
      token: this.token({ sub: id, name: username, expiresIn }),
      ...options,
    });
  }

  token(claims) {
    return signed(this.secret, claims);
  }

  connected(options) {
    return this.meets(options).connects();
  }

  /** A person who has not connected yet. */
  meets(options) {
    const person = new Person({ town: this, ...options });
    this.#people.push(person);
    return person;
  }

  /** A websocket without Socket.IO's manners, open and silent. */
  async raw(at = 0) {
    const socket = new RawSocket(this.address(at));
    this.whenItEnds(() => socket.close());
    await socket.opens();
    return socket;
  }

  whenItEnds(ending) {
    this.#endings.unshift(ending);
  }

  said() {
    return this.#programs.map((program) => program.said()).join('\n');
  }

  async ends() {
    const dead = this.#programs.filter((program) => program.diedByItself);
    for (const person of this.#people) person.socket.disconnect();
    await Promise.all(this.#programs.map((program) => program.kill()));
    for (const ending of this.#endings) await ending();
    await rm(this.directory, { recursive: true, force: true });
    assert.deepEqual(
      dead.map((program) => program.said()),
      [],
      'a program ended by itself',
    );
    const panics = this.#programs.flatMap((program) => program.panics);
    assert.deepEqual(panics, [], 'the program panicked');
    assert.deepEqual(takeFaults(), [], 'the program did what its descriptions do not say');
  }
}
