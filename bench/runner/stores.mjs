// A private Postgres and a private Redis in a temporary directory, shared by all contenders and emptied between runs.

import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, output, ready, start } from './processes.mjs';

// What matters for the figures; the rest is Postgres's default, so commits are durable (fsync and synchronous_commit on).
const POSTGRES_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '256MB',
  // Large enough that no checkpoint is forced within a run.
  max_wal_size: '4GB',
  max_connections: '200',
  // The statistics that a database has after its first minute are there after some seconds.
  autovacuum_naptime: '3s',
};

export async function startStores(directory, cores) {
  const postgres = await startPostgres(join(directory, 'postgres'), cores);
  const redis = await startRedis(join(directory, 'redis'), cores);
  let databases = 0;
  return {
    pids: [postgres.pid, redis.pid],
    redisUrl: redis.url,
    versions: { postgres: postgres.version, redis: redis.version },
    // Empties Redis, makes a new database, and lets Postgres write down what the last run left. Returns the URL.
    fresh() {
      redis.cli('FLUSHALL');
      if (databases > 0) postgres.sql(`DROP DATABASE bench_${databases} WITH (FORCE)`);
      databases += 1;
      postgres.sql(`CREATE DATABASE bench_${databases}`);
      postgres.sql('CHECKPOINT');
      return postgres.url(`bench_${databases}`);
    },
  };
}

async function startPostgres(directory, cores) {
  const bin = postgresDirectory();
  const port = await freePort();
  mkdirSync(directory);
  const asUser = ordinaryUser(directory);
  const data = join(directory, 'data');
  output(...asUser, join(bin, 'initdb'), '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync');
  const settings = Object.entries(POSTGRES_SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [
    ...asUser.slice(1),
    join(bin, 'postgres'),
    '-D',
    data,
    '-p',
    port,
    '-k',
    directory,
    '-h',
    '127.0.0.1',
    ...settings,
  ];
  const handle = start([asUser[0], ...command].map(String), {
    cores,
    log: join(directory, 'log'),
    cwd: directory,
    stopSignal: 'SIGINT',
  });
  const sql = (text) => output(join(bin, 'psql'), '-h', '127.0.0.1', '-p', port, '-U', 'bench', '-d', 'postgres', '-Atqc', text);
  await ready(handle, () => sql('SELECT 1'));
  return {
    pid: handle.pid,
    sql,
    url: (database) => `postgres://bench@127.0.0.1:${port}/${database}`,
    version: sql('SHOW server_version').split(' ')[0],
  };
}

async function startRedis(directory, cores) {
  const port = await freePort();
  mkdirSync(directory);
  const command = ['redis-server', '--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', directory];
  const handle = start(command.map(String), { cores, log: join(directory, 'log') });
  const cli = (...args) => output('redis-cli', '-h', '127.0.0.1', '-p', String(port), ...args);
  await ready(handle, () => {
    if (cli('PING') !== 'PONG') throw new Error('no PONG');
  });
  const version = cli('INFO', 'server').match(/redis_version:(\S+)/)?.[1];
  return { pid: handle.pid, cli, version, url: `redis://127.0.0.1:${port}` };
}

// Debian keeps the server's programs out of the PATH.
function postgresDirectory() {
  const debian = '/usr/lib/postgresql';
  try {
    const newest = readdirSync(debian).sort((a, b) => Number(b) - Number(a))[0];
    return join(debian, newest, 'bin');
  } catch {
    return output('pg_config', '--bindir');
  }
}

// The start of a command line that runs the rest as an ordinary user: Postgres refuses to be root.
function ordinaryUser(directory) {
  if (process.getuid() !== 0) return ['env'];
  const [uid, gid] = [output('id', '-u', 'postgres'), output('id', '-g', 'postgres')];
  chownSync(directory, Number(uid), Number(gid));
  chmodSync(directory, 0o700);
  return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
}
