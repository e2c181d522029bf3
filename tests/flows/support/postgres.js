// A Postgres of a story's own, to be crashed, frozen and cut off. It syncs as it would in earnest: what a commit promises, it keeps.

import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { until } from './limits.js';
import { freePort } from './ports.js';
import { Program, repositoryFile } from './program.js';

const run = promisify(execFile);
const frozen = new Set();

// A stopped process outlives its parent and takes no signal but these two; nobody else would wake it.
process.on('exit', () => {
  for (const pid of frozen) signalled(pid, 'SIGCONT');
});

export class OwnPostgres {
  #program;
  #stopped = [];
  #directory;
  #binaries;
  /** What a command starts with to run as the cluster's owner: Postgres refuses to run as root. */
  #asOwner = [];

  static async started() {
    const postgres = new OwnPostgres();
    await postgres.#found();
    await postgres.start();
    return postgres;
  }

  async #found() {
    // Not in the story's directory, which its user alone may enter.
    this.#directory = await mkdtemp('/tmp/belfry-postgres-');
    await chmod(this.#directory, 0o711);
    this.#binaries = (await run(repositoryFile('scripts/postgres-bin'))).stdout.trim();
    this.data = join(this.#directory, 'data');
    await mkdir(this.data, { mode: 0o700 });
    if (process.getuid() === 0) {
      const owner = await identity('postgres').catch(() => identity('nobody'));
      await chown(this.data, owner.uid, owner.gid);
      this.#asOwner = ['setpriv', '--reuid', owner.uid, '--regid', owner.gid, '--clear-groups'].map(String);
    }
    const initdb = ['-D', this.data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
    const [path, ...args] = [...this.#asOwner, join(this.#binaries, 'initdb'), ...initdb];
    await run(path, args, { cwd: this.#directory });
    this.port = await freePort();
    this.url = `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Resolves when it answers: after a crash, when it has recovered. */
  async start() {
    const options = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: 200 };
    const settings = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const postgres = [join(this.#binaries, 'postgres'), '-D', this.data, '-p', String(this.port), ...settings];
    const [path, ...args] = [...this.#asOwner, ...postgres];
    const program = new Program(path, args, {}, this.#directory);
    this.#program = program;
    const answers = async () => {
      if (!program.isRunning) throw new Error(`Postgres did not start\n${program.said()}`);
      return this.asks('SELECT 1').then(
        () => true,
        () => false,
      );
    };
    await until(answers, 'Postgres answers', { seen: () => program.said() });
  }

  /** All its processes end at once, without a checkpoint and without a word to clients; `start()` recovers. */
  async crash() {
    this.thaw();
    this.#program.signal('SIGQUIT');
    await this.#program.exit();
  }

  /** Every process of it stands still: connections stay open, the kernel accepts new ones, and nothing answers. */
  async freeze() {
    const { pid } = this.#program.child;
    this.#stop(pid);
    for (const child of await childrenOf(pid)) this.#stop(child);
  }

  #stop(pid) {
    frozen.add(pid);
    this.#stopped.push(pid);
    signalled(pid, 'SIGSTOP');
  }

  thaw() {
    for (const pid of this.#stopped.splice(0)) {
      signalled(pid, 'SIGCONT');
      frozen.delete(pid);
    }
  }

  /** Ends all connections of others as an administrator would; resolves with how many there were. */
  async terminateBackends() {
    const ending = `SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'`;
    return Number((await this.asks(ending))[0].ended);
  }

  /** The rows that a statement answers, over a connection of its own. */
  async asks(statement, values = []) {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000, query_timeout: 20_000 });
    // The connection may be lost between two calls; the call itself tells.
    client.on('error', () => {});
    await client.connect();
    try {
      return (await client.query(statement, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Runs a statement in a transaction that stays open, with the locks it has taken, until the `release()` that this resolves with. */
  async holds(statement) {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN');
    await client.query(statement);
    return async () => {
      await client.query('COMMIT');
      await client.end();
    };
  }

  said(count) {
    return this.#program.said(count);
  }

  /** It is gone, and all it kept too. */
  async stop() {
    await this.crash();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

async function identity(user) {
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, user])).stdout)),
  );
  return { uid, gid };
}

async function childrenOf(pid) {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
  const processes = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return processes.filter(([, parent]) => parent === pid).map(([child]) => child);
}

/** The process may be gone already. */
function signalled(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
