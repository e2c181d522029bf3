// Child processes of the benchmark: started on chosen cores, waited for, and all of them ended again.

import { execFileSync, spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const running = new Set();

// Starts a program that goes on until `stop`. `cores` is a list for taskset; the output goes to the file `log`.
export function start(command, { cores, env = {}, log, cwd, stopSignal = 'SIGTERM' }) {
  const [program, ...args] = pinned(command, cores);
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C reaches the runner alone, which then ends everything in order.
    detached: true,
  });
  // A server that is restarted goes on in its log.
  const out = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(out, { end: false });
  child.stderr.pipe(out, { end: false });
  const gone = new Promise((resolve) => {
    child.on('error', resolve);
    child.on('close', resolve);
  });
  const handle = { pid: child.pid, log, command, stopSignal, ended: false, gone };
  gone.then(() => {
    handle.ended = true;
    running.delete(handle);
    out.end();
  });
  running.add(handle);
  return handle;
}

// Ends a program: politely, then after 15 s not so.
export async function stop(handle) {
  if (handle.ended) return;
  signal(handle, handle.stopSignal);
  const late = sleep(15_000, true, { ref: false });
  if ((await Promise.race([handle.gone, late])) === true) {
    signal(handle, 'SIGKILL');
    await handle.gone;
  }
}

// Ends a program as a crash would, and waits until it is gone.
export async function kill(handle) {
  signal(handle, 'SIGKILL');
  await handle.gone;
}

// Ends everything that is still running, last started first.
export async function stopAll() {
  for (const handle of [...running].reverse()) await stop(handle);
}

// The last resort, when there is no time left to wait.
export function killAll() {
  for (const handle of running) signal(handle, 'SIGKILL');
}

function signal(handle, name) {
  try {
    process.kill(-handle.pid, name);
  } catch {
    // It is gone already.
  }
}

// Runs a program to its end and returns `{ code, stdout }`; its stderr is shown. Where it prints the line `ready`, `whenReady` is
// called, and it gets the line `done` when that has ended.
export async function run(command, { cores, env = {}, cwd, limitMs = 600_000, whenReady } = {}) {
  const [program, ...args] = pinned(command, cores);
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: [whenReady ? 'pipe' : 'ignore', 'pipe', 'inherit'],
    detached: true,
  });
  let stdout = '';
  let done;
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
    if (whenReady && !done && /^ready$/m.test(stdout)) {
      done = whenReady().then(() => child.stdin.end('done\n'));
      // Who waits for the program's end hears of a failure; without the line the program would wait for minutes.
      done.catch(() => signal(handle, 'SIGKILL'));
    }
  });
  const handle = { pid: child.pid, stopSignal: 'SIGTERM', ended: false };
  running.add(handle);
  const timer = setTimeout(() => signal(handle, 'SIGKILL'), limitMs);
  handle.gone = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => {
    clearTimeout(timer);
    handle.ended = true;
    running.delete(handle);
  });
  const code = await handle.gone;
  await done;
  return { code, stdout };
}

// A short program whose output is wanted at once.
export function output(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

function pinned(command, cores) {
  return cores ? ['taskset', '-c', cores, ...command] : command;
}

// Waits until `probe` answers without an error; fails when the program ends first or after `limitMs`.
export async function ready(handle, probe, limitMs = 60_000) {
  const deadline = Date.now() + limitMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (handle.ended || Date.now() > deadline) {
        const log = readFileSync(handle.log, 'utf8').split('\n').slice(-30).join('\n');
        throw new Error(`${handle.command[0]} did not become ready (${error.message}). Its last lines:\n${log}`);
      }
    }
    await sleep(50);
  }
}

// Resolves when GET url answers 200.
export async function answers(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
}

// A port that is free now, and that no connection gets by chance as its own end while a server is restarted.
export async function freePort() {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

// Several of them, all different.
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
