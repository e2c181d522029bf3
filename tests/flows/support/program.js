// The program under test as a process: started with settings, listened to, signalled by its pid, never left behind.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { within } from './limits.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const KEPT_LINES = 400;
const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The path of a file of the repository. */
export function repositoryFile(name) {
  return join(REPOSITORY, name);
}

/** The binary: BELFRY_BIN, or what `cargo build` has made. */
export function belfryBinary() {
  const built = join(process.env.CARGO_TARGET_DIR ?? join(REPOSITORY, 'target'), 'debug', 'belfry');
  const path = process.env.BELFRY_BIN ?? built;
  if (!existsSync(path)) throw new Error(`no binary at ${path}: run cargo build, or set BELFRY_BIN`);
  return path;
}

/** The example of that name, built beside the binary (`cargo build --examples`); or what BELFRY_EXAMPLE names. */
export function exampleBinary(name) {
  const path = process.env.BELFRY_EXAMPLE ?? join(dirname(belfryBinary()), 'examples', name);
  if (!existsSync(path)) throw new Error(`no example at ${path}: run cargo build --examples, or set BELFRY_EXAMPLE`);
  return path;
}

/** `belfry ARGUMENTS`, with these settings and no others, in this directory; or another program that is run like it. */
export function belfry(args, settings, directory, binary = belfryBinary()) {
  return new Program(binary, args, { ...settings, RUST_BACKTRACE: '1' }, directory);
}

export class Program {
  #lines = [];
  #output = [];
  #errors = [];
  #mayEnd = false;

  constructor(path, args, settings, directory) {
    this.name = [path.split('/').at(-1), ...args].join(' ');
    // The machine's own settings stay out of the story; PATH is for scripts and for finding the loader.
    const env = { PATH: process.env.PATH, ...settings };
    this.child = spawn(path, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(this.child);
    this.#listen(this.child.stdout, this.#lines, this.#output);
    this.#listen(this.child.stderr, this.#lines, this.#errors);
    /** Settles with `{ code, signal }` when the process is gone and all it said is read. */
    this.ended = new Promise((settle) => {
      this.child.once('error', (error) => this.#lines.push(String(error)));
      this.child.once('close', (code, signal) => {
        running.delete(this.child);
        settle({ code, signal });
      });
    });
  }

  get isRunning() {
    return running.has(this.child);
  }

  #listen(stream, ...into) {
    let rest = '';
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const list of into) {
        list.push(...lines);
        // What tells of a defect is kept, however long ago it was said.
        while (list.length > KEPT_LINES) {
          const old = list.findIndex((line) => !line.includes('panicked'));
          list.splice(Math.max(old, 0), 1);
        }
      }
    });
  }

  /** The lines written to standard output. */
  get output() {
    return this.#output;
  }

  /** The lines written to standard error, without empty ones. */
  get errors() {
    return this.#errors.filter((line) => line.trim() !== '');
  }

  /** The last lines of both streams, for failures. */
  said(count = 25) {
    return [`--- ${this.name} (pid ${this.child.pid}) said:`, ...this.#lines.slice(-count)].join('\n');
  }

  get panics() {
    return this.#lines.filter((line) => line.includes('panicked at'));
  }

  /** It ended although nobody asked it to, or waited for that. */
  get diedByItself() {
    return !this.isRunning && !this.#mayEnd;
  }

  signal(name) {
    if (!this.isRunning) return;
    if (name === 'SIGKILL' || name === 'SIGTERM') this.#mayEnd = true;
    this.child.kill(name);
  }

  /** Kills it outright; resolves when it is gone. */
  async kill() {
    this.signal('SIGKILL');
    await this.exit();
  }

  /** `{ code, signal }`, once the process has ended. */
  exit(limit) {
    this.#mayEnd = true;
    return within(this.ended, `the end of ${this.name}`, { limit, seen: () => this.said() });
  }
}
