// What is measured here stands on: private stores, replicas and a worker of the release build, and the ways to look into them.

import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { machineFacts } from '../runner/machine.mjs';
import { answers, freePorts, killAll, output, ready, run, start, stop, stopAll } from '../runner/processes.mjs';
import { startStores } from '../runner/stores.mjs';

export const ROOT = join(import.meta.dirname, '..', '..');
export const SECRET = 'a secret for the soak run, 32 bytes or more';
/** Packages of the flows: the real client, and one of Postgres. */
export const installed = createRequire(join(ROOT, 'tests', 'flows', 'package.json'));

const asked = promisify(execFile);

/** Runs `work` on a stage and ends the process with what it answers: true is 0. Everything is stopped and removed, also after Ctrl-C. */
export async function onStage(name, work) {
  const stage = new Stage(name);
  for (const [signal, code] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }))
    process.on(signal, () => stage.ends(code));
  process.on('exit', killAll);
  try {
    await stage.opens();
    await stage.ends((await work(stage)) ? 0 : 1);
  } catch (error) {
    if (!stage.isEnding) {
      console.error(`${name}: ${error.stack}`);
      stage.showsLogs();
    }
    await stage.ends(2);
  }
}

class Stage {
  /** `{ name, pid, url?, log, handle }` of each program of ours. */
  programs = [];
  isEnding = false;

  constructor(name) {
    this.directory = mkdtempSync(join(process.env.BENCH_DIR ?? tmpdir(), `belfry-${name}-`));
    // Postgres runs as another user below it.
    chmodSync(this.directory, 0o711);
    this.logs = join(this.directory, 'logs');
    mkdirSync(this.logs);
  }

  async opens() {
    this.bin = await built();
    this.stores = await startStores(this.directory);
    this.databaseUrl = this.stores.fresh();
    this.redisUrl = this.stores.redisUrl;
    this.machine = machineFacts(this.directory, { count: cores(), server: 'shared', load: 'shared' }, this.stores);
  }

  /** The settings of every program here. */
  settings(extra = {}) {
    return {
      DATABASE_URL: this.databaseUrl,
      REDIS_URL: this.redisUrl,
      JWT_SECRET: SECRET,
      LINK_PREVIEWS: 'off',
      DRAIN_SECONDS: '0',
      // All people come from one address here.
      CONNECTIONS_PER_ADDRESS: 'off',
      ACCOUNTS_PER_ADDRESS: 'off',
      RUST_LOG: process.env.RUST_LOG ?? 'info',
      ...extra,
    };
  }

  /** `count` replicas without a worker, all ready. */
  async serves(count, settings = {}, flags = ['--no-worker']) {
    const ports = await freePorts(count);
    return Promise.all(
      ports.map(async (port, n) => {
        const url = `http://127.0.0.1:${port}`;
        const program = this.runs(`replica ${'ABCDEFGH'[n]}`, ['serve', ...flags], { BIND_ADDR: `127.0.0.1:${port}`, ...settings });
        program.url = url;
        await ready(program.handle, () => answers(`${url}/ready`));
        return program;
      }),
    );
  }

  runs(name, args, settings = {}) {
    const log = join(this.logs, `${name.replace(' ', '-')}.log`);
    const handle = start([join(this.bin, 'belfry'), ...args], { log, cwd: this.logs, env: this.settings(settings) });
    const program = { name, pid: handle.pid, log, handle };
    this.programs.push(program);
    return program;
  }

  stops(program) {
    return stop(program.handle);
  }

  /** A connection to the database, of ours alone. */
  async postgres() {
    const { Client } = installed('pg');
    const client = new Client({ connectionString: this.databaseUrl, application_name: 'soak' });
    // It ends with its server, after everything else.
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** What Redis answers, as lines. */
  async redis(...args) {
    const { stdout } = await asked('redis-cli', ['-u', this.redisUrl, ...args], { maxBuffer: 1 << 26 });
    return stdout.split('\n').slice(0, -1);
  }

  /** Lines of the programs' logs that tell of something wrong, as `name: line`. */
  complaints(levels = ['ERROR', 'WARN']) {
    const wrong = new RegExp(` (${levels.join('|')}) |panicked`);
    return this.programs.flatMap(({ name, log }) => {
      const lines = readFileSync(log, 'utf8').split('\n');
      return lines.filter((line) => wrong.test(plain(line))).map((line) => `${name}: ${plain(line)}`);
    });
  }

  showsLogs() {
    for (const name of readdirSync(this.logs)) {
      const lines = readFileSync(join(this.logs, name), 'utf8').trim().split('\n').slice(-12);
      console.error(`${name}:\n${lines.map((line) => `  ${line}`).join('\n')}`);
    }
  }

  async ends(code) {
    if (this.isEnding) return;
    this.isEnding = true;
    await stopAll().finally(() => {
      if (!process.env.SOAK_KEEP) rmSync(this.directory, { recursive: true, force: true });
      process.exit(code);
    });
  }
}

/** The directory of the release build, made if need be. */
async function built() {
  if (process.env.BENCH_BIN) return process.env.BENCH_BIN;
  const { code } = await run(['cargo', 'build', '--release', '--locked', '-p', 'belfry', '-p', 'belfry-load'], {
    cwd: ROOT,
    limitMs: 3_600_000,
  });
  if (code !== 0) throw new Error('the build failed');
  const metadata = output('cargo', 'metadata', '--format-version=1', '--no-deps', `--manifest-path=${join(ROOT, 'Cargo.toml')}`);
  return join(JSON.parse(metadata).target_directory, 'release');
}

function cores() {
  return Number(output('nproc'));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a log are control characters
const plain = (line) => line.replace(/\u001b\[[0-9;]*m/g, '');
