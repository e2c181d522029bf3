// One real server for one test: its own port, its own store in a temporary directory, stopped and removed afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../tests/flows/support/ports.js';

const BINARY = process.env.BELFRY_BIN ?? fileURLToPath(new URL('../../target/debug/belfry', import.meta.url));
/** A build of the page to try instead of the binary's own. */
const PAGE_DIR = process.env.PAGE_DIR;
const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;

/** Starts a server that lives as long as the test; `stop` and `start` are a restart on the same port and store. `flags`: of `serve`. */
export async function startBelfry(test, settings = {}, flags = []) {
  await access(BINARY).catch(() => {
    throw new Error('There is no belfry binary: build it first, or name it with BELFRY_BIN.');
  });
  const directory = await mkdtemp(join(tmpdir(), 'belfry-page-'));
  const port = await freePort();
  const url = `${settings.TLS_CERT ? 'https' : 'http'}://127.0.0.1:${port}`;
  let child;

  async function start() {
    child = spawn(BINARY, ['serve', ...flags], {
      cwd: directory,
      env: {
        PATH: process.env.PATH,
        BIND_ADDR: `127.0.0.1:${port}`,
        DATABASE_URL: `sqlite://${join(directory, 'belfry.db')}`,
        DRAIN_SECONDS: '1',
        LINK_PREVIEWS: 'off',
        ...(PAGE_DIR ? { PAGE_DIR } : {}),
        RUST_LOG: 'warn',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const started = child;
    const said = [];
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (text) => said.push(text));
    const kill = () => started.kill('SIGKILL');
    process.once('exit', kill);
    started.once('exit', () => process.off('exit', kill));
    await ready(url, started, said);
  }

  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const stopped = child;
    const exited = once(stopped, 'exit');
    const late = setTimeout(() => stopped.kill('SIGKILL'), STOP_LIMIT_MS);
    stopped.kill('SIGTERM');
    await exited;
    clearTimeout(late);
  }

  test.after(async () => {
    await stop();
    await rm(directory, { recursive: true, force: true });
  });
  await start();
  return { url, start, stop };
}

async function ready(url, child, said) {
  const end = Date.now() + START_LIMIT_MS;
  while (Date.now() < end) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    if ((await statusOf(`${url}/ready`)) === 200) return;
    await new Promise((resume) => setTimeout(resume, 50));
  }
  throw new Error(`The server did not become ready. It said:\n${said.join('')}`);
}

/** Whoever has signed the certificate. */
function statusOf(url) {
  const asks = url.startsWith('https:') ? https : http;
  return new Promise((settle) => {
    const asked = asks.get(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      settle(answer.statusCode);
    });
    asked.on('error', () => settle(undefined));
  });
}
