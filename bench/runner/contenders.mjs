// The servers that are compared, each started fresh for one run.

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answers, freePort, freePorts, kill, ready, run, start, stop } from './processes.mjs';

const peerDirectory = join(import.meta.dirname, '..', 'peer');

// Each is started with what the runner knows and returns `{ urls, pids, kill, restartEach, stop }`.
export const contenders = {
  belfry: { title: 'Belfry', dialect: 'belfry', start: startBelfry },
  'belfry-2': {
    title: 'Belfry, two replicas',
    dialect: 'belfry',
    start: (context) => startBelfry({ ...context, replicas: 2 }),
  },
  peer: { title: 'Node peer', dialect: 'peer', start: (context) => startPeer(context, {}) },
  'peer-quiet': {
    title: 'Node peer, no announcements over 200',
    label: 'Node peer, quiet',
    dialect: 'peer',
    start: (context) => startPeer(context, { ANNOUNCE_UP_TO: '200' }),
  },
  floor: { title: 'floor', dialect: 'floor', start: startFloor },
};

// How many server processes the peer gets; a worker process comes on top.
export const PEER_NODES = Number(process.env.PEER_NODES ?? 2);

async function startBelfry({ bin, cores, logs, databaseUrl, redisUrl, jwtSecret, replicas = 1, env = {} }) {
  const ports = await freePorts(replicas);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const launch = async (n) => {
    const server = start([join(bin, 'belfry'), 'serve'], {
      cores,
      log: join(logs, `belfry-${n}.log`),
      cwd: logs,
      env: {
        BIND_ADDR: `127.0.0.1:${ports[n]}`,
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        JWT_SECRET: jwtSecret,
        // The limits protect against one user; here a few users are the whole load.
        MESSAGES_PER_SECOND: '1000000',
        EVENTS_PER_SECOND: '1000000',
        ROOMS_PER_SOCKET: '10000',
        CONNECTIONS_PER_ADDRESS: 'off',
        DRAIN_SECONDS: '0',
        // The peer logs nothing of a message either.
        RUST_LOG: process.env.RUST_LOG ?? 'warn',
        ...env,
      },
    });
    await ready(server, () => answers(`${urls[n]}/ready`));
    return server;
  };
  const servers = await Promise.all(ports.map((_, n) => launch(n)));
  return {
    ...group(urls, servers),
    // One after another: sends it away, waits until it is gone, and starts it again at the same place.
    async restartEach() {
      for (const n of servers.keys()) {
        await stop(servers[n]);
        servers[n] = await launch(n);
      }
    },
  };
}

async function startPeer({ cores, logs, databaseUrl, redisUrl, jwtSecret }, extra) {
  const common = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    JWT_SECRET: jwtSecret,
    NODE_ENV: 'production',
    ...extra,
  };
  const node = (name, script, env) =>
    start(['node', join(peerDirectory, 'src', script)], {
      cores,
      log: join(logs, `${name}.log`),
      env: { ...common, ...env },
    });
  const ports = await freePorts(PEER_NODES);
  const servers = ports.map((port, n) => node(`peer-${n}`, 'server.js', { PORT: String(port) }));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  await Promise.all(servers.map((server, n) => ready(server, () => answers(`${urls[n]}/ready`))));
  const worker = node('peer-worker', 'worker.js', {});
  return group(urls, [...servers, worker]);
}

async function startFloor({ bin, cores, logs }) {
  const port = await freePort();
  const server = start([join(bin, 'belfry-floor')], {
    cores,
    log: join(logs, 'floor.log'),
    env: { BIND_ADDR: `127.0.0.1:${port}` },
  });
  const url = `http://127.0.0.1:${port}`;
  // It knows no HTTP beyond the upgrade; any answer at all shows that it listens.
  await ready(server, () => fetch(url, { signal: AbortSignal.timeout(500) }).catch(connected));
  return group([url], [server]);
}

function group(urls, servers) {
  return {
    urls,
    pids: servers.map((server) => server.pid),
    kill: (n) => kill(servers[n]),
    stop: () => Promise.all(servers.map(stop)),
  };
}

function connected(error) {
  if (error.cause?.code === 'ECONNREFUSED') throw error;
}

// Installs the peer's packages, unless what is there is as new as the lockfile.
export async function installPeer() {
  const [lock, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map((name) => join(peerDirectory, name));
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  const { code } = await run(['npm', 'ci', '--loglevel=error'], { cwd: peerDirectory });
  if (code !== 0) throw new Error('npm ci in bench/peer failed');
}
