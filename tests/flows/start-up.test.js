// What keeps a server from starting, or from going on: one clear line each, and nothing that was acknowledged is lost.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { freePort } from './support/ports.js';
import { OwnPostgres } from './support/postgres.js';
import { belfryBinary } from './support/program.js';
import { degraded } from './support/readiness.js';
import { OwnRedis } from './support/redis.js';
import { empty, replicas, unhurried } from './support/town.js';

/** It does not start, and says why in one line, without any of `secrets`. */
async function isRefused(town, settings, why, { code = 1, secrets = [] } = {}) {
  const program = town.runs(['serve'], { BIND_ADDR: '127.0.0.1:0', ...settings });
  const ended = await program.exit();
  assert.equal(ended.code, code, program.said());
  assert.equal(program.errors.length, 1, program.said());
  assert.match(program.errors[0], why);
  for (const secret of secrets) assert.ok(!program.said().includes(secret), program.said());
}

/** A schema that a version has made which does not exist yet. */
const FUTURE = `INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
  SELECT 9000, 'of the future', success, checksum, execution_time FROM _sqlx_migrations WHERE version = 1`;

/** As a version of before has left it. */
const PAST = 'DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)';

const asks = [['users', 'create', 'ada'], ['stats'], ['jobs', 'list']];

/** `belfry admin` does nothing there, and says why in one line. */
async function adminIsRefused(town, settings, why) {
  for (const args of asks) {
    const program = town.runs(['admin', ...args], settings);
    assert.equal((await program.exit()).code, 1, program.said());
    assert.deepEqual([program.output, program.errors.length], [[], 1], program.said());
    assert.match(program.errors[0], why);
  }
}

async function ownPostgres(town) {
  const postgres = await OwnPostgres.started();
  town.whenItEnds(() => postgres.stop());
  return postgres;
}

describe('Postgres', { concurrency: 3, ...overBackends }, () => {
  test('a wrong password, an unknown user, a database that is not there, no rights in it', async (t) => {
    const town = await empty(t);
    const postgres = await ownPostgres(town);
    await postgres.asks("CREATE ROLE locked LOGIN PASSWORD 'the-right-one'");
    const rules = join(postgres.data, 'pg_hba.conf');
    await writeFile(rules, `host all locked 127.0.0.1/32 scram-sha-256\n${await readFile(rules, 'utf8')}`);
    await postgres.asks('SELECT pg_reload_conf()');
    const at = (user, database = 'postgres') => ({
      DATABASE_URL: `postgres://${user}@127.0.0.1:${postgres.port}/${database}`,
    });
    const secrets = ['the-right-one', 'a-wrong-one'];
    await isRefused(town, at('locked:a-wrong-one'), /DATABASE_URL.*28P01.*set the right password/, { secrets });
    await isRefused(town, at('nobody'), /DATABASE_URL.*28000/);
    await isRefused(town, at('postgres', 'nowhere'), /DATABASE_URL.*3D000.*make the database/);
    await isRefused(town, at('locked:the-right-one'), /DATABASE_URL.*42501.*GRANT/, { secrets });
  });

  test('nobody there, and nobody of that name', async (t) => {
    const town = await empty(t);
    const nobody = `postgres://postgres@127.0.0.1:${await freePort()}/postgres`;
    await isRefused(town, { DATABASE_URL: nobody }, /DATABASE_URL.*refused.*is it running/);
    await isRefused(town, { DATABASE_URL: 'postgres://postgres@no-such-host.invalid/postgres' }, /DATABASE_URL/);
  });

  test('a database of a newer version, and one that is read-only, stay as they are', async (t) => {
    const town = await empty(t);
    const postgres = await ownPostgres(town);
    const settings = { DATABASE_URL: postgres.url };
    await town.runs(['migrate'], settings).exit();
    await postgres.asks(FUTURE);
    await isRefused(town, settings, /DATABASE_URL.*newer Belfry.*migration 9000.*restore the backup/);
    await postgres.asks('DELETE FROM _sqlx_migrations WHERE version = 9000');
    await postgres.asks('ALTER DATABASE postgres SET default_transaction_read_only = on');
    await isRefused(town, settings, /DATABASE_URL.*read-only/);
  });
});

test('`admin` leaves a schema as it is that is not its own: Postgres', overBackends, async (t) => {
  const town = await empty(t);
  const postgres = await ownPostgres(town);
  const settings = { DATABASE_URL: postgres.url };
  await adminIsRefused(town, settings, /DATABASE_URL.*no schema yet: run `belfry migrate`/);
  await town.runs(['migrate'], settings).exit();
  await postgres.asks(FUTURE);
  await adminIsRefused(town, settings, /DATABASE_URL.*newer Belfry.*migration 9000/);
  await postgres.asks('DELETE FROM _sqlx_migrations WHERE version = 9000');
  const made = town.runs(['admin', 'users', 'create', 'ada'], settings);
  assert.equal((await made.exit()).code, 0, made.said());
  await postgres.asks(PAST);
  await adminIsRefused(town, settings, /DATABASE_URL.*schema has version.*run `belfry migrate`/);
});

describe('Redis', { concurrency: 3, ...overBackends }, () => {
  test('one that asks for a password, and one that refuses it', async (t) => {
    const town = await empty(t);
    const postgres = await ownPostgres(town);
    const redis = await OwnRedis.started(town.directory);
    town.whenItEnds(() => redis.stop());
    await promisify(execFile)('redis-cli', ['-p', String(redis.port), 'config', 'set', 'requirepass', 'the-right-one']);
    const at = (url) => ({ DATABASE_URL: postgres.url, REDIS_URL: url });
    await isRefused(town, at(redis.url), /REDIS_URL: Redis asks for a password/);
    const wrong = at(redis.url.replace('//', '//:a-wrong-one@'));
    await isRefused(town, wrong, /REDIS_URL: Redis refuses the user or the password/, { secrets: ['a-wrong-one'] });
    town.settings = { ...town.settings, ...at(redis.url.replace('//', '//:the-right-one@')) };
    await town.opens(1);
    assert.deepEqual(await degraded(town, 0), []);
  });

  test('one that is merely away keeps nobody from starting', async (t) => {
    const town = await replicas(t, 1, { ownRedis: true });
    await town.stopRedis();
    await town.stop();
    await town.starts();
    await until(async () => (await degraded(town, 0)).includes('redis'), '/ready to name Redis');
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    await ada.says('lobby', 'it goes on');
    await town.startRedis();
    await until(async () => (await degraded(town, 0)).length === 0, 'Redis to be back');
  });
});

describe('SQLite', { concurrency: 3 }, () => {
  const sql = (town, statement) =>
    execFileSync('python3', [
      '-c',
      'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()',
      join(town.directory, 'data/belfry.db'),
      statement,
    ]);

  test('a database of a newer version', async (t) => {
    const town = await empty(t);
    await town.runs(['migrate']).exit();
    sql(town, FUTURE);
    await isRefused(town, {}, /DATABASE_URL.*newer Belfry.*migration 9000/);
    sql(town, 'DELETE FROM _sqlx_migrations WHERE version = 9000');
    await town.opens(1);
  });

  test('`admin` makes no database, and leaves a schema as it is that is not its own', async (t) => {
    const town = await empty(t);
    const before = await readdir(town.directory);
    await adminIsRefused(town, {}, /DATABASE_URL.*no database at data\/belfry\.db.*`belfry migrate`/);
    assert.deepEqual(await readdir(town.directory), before, 'nothing was made');
    await town.runs(['migrate']).exit();
    sql(town, FUTURE);
    await adminIsRefused(town, {}, /DATABASE_URL.*newer Belfry.*migration 9000/);
    sql(town, 'DELETE FROM _sqlx_migrations WHERE version = 9000');
    const made = town.runs(['admin', 'users', 'create', 'ada']);
    assert.equal((await made.exit()).code, 0, made.said());
    sql(town, PAST);
    await adminIsRefused(town, {}, /DATABASE_URL.*schema has version.*run `belfry migrate`/);
  });

  test('a token in an empty folder is signed with the secret that the server has later', async (t) => {
    const town = await empty(t, { JWT_SECRET: undefined });
    const program = town.runs(['token', '--sub', 'ada', '--name', 'Ada', '--ttl', '1h']);
    assert.equal((await program.exit()).code, 0, program.said());
    await town.opens(1);
    assert.equal((await town.rest(0, program.output[0]).get('/api/me')).status, 200);
  });

  test('a file that is no database', async (t) => {
    const town = await empty(t);
    await mkdir(join(town.directory, 'data'));
    await writeFile(join(town.directory, 'data/belfry.db'), 'words, and no database\n'.repeat(200));
    await isRefused(town, {}, /DATABASE_URL.*no database, or damaged/);
  });
});

describe('a disk', { concurrency: 2 }, () => {
  const hindrance = whyNoMount();
  const mine = { skip: hindrance && `a small disk cannot be mounted here: ${hindrance}` };
  // Also where a reporter leaves out why a story was skipped.
  if (mine.skip) process.stderr.write(`start-up: the stories of a disk are skipped: ${mine.skip}\n`);

  /** Why this process may not mount a disk, or `false`; a container may lack the right, root or not. */
  function whyNoMount() {
    if (process.getuid?.() !== 0) return 'only root may';
    try {
      const place = execFileSync('mktemp', ['-d'], { encoding: 'utf8' }).trim();
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', place], { stdio: 'pipe' });
        execFileSync('umount', [place], { stdio: 'pipe' });
      } finally {
        execFileSync('rmdir', [place]);
      }
      return false;
    } catch (error) {
      return String(error.stderr ?? error.message).split('\n')[0];
    }
  }

  /** A small disk of the story's own, below the town's directory. */
  async function disk(town, size) {
    const place = join(town.directory, 'disk');
    await mkdir(place);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', place]);
    town.whenItEnds(() => execFileSync('umount', ['-l', place]));
    return place;
  }

  test('that is full at the start', mine, async (t) => {
    const town = await empty(t);
    const place = await disk(town, '64k');
    await writeFile(join(place, 'filler'), Buffer.alloc(60 * 1024));
    await isRefused(town, { DATABASE_URL: `sqlite://${place}/belfry.db` }, /DATABASE_URL.*(disk is full|full)/);
  });

  test('that may only be read', mine, async (t) => {
    const town = await empty(t);
    const place = await disk(town, '16m');
    const settings = { DATABASE_URL: `sqlite://${place}/belfry.db` };
    await town.runs(['migrate'], settings).exit();
    execFileSync('mount', ['-o', 'remount,ro', place]);
    await isRefused(town, settings, /DATABASE_URL/);
  });

  test(
    'that fills while people write: what does not fit is unavailable, the cause is said, nothing acknowledged is lost, and it goes on',
    mine,
    async (t) => {
      const town = await empty(t, unhurried);
      const place = await disk(town, '24m');
      town.settings.DATABASE_URL = `sqlite://${place}/belfry.db`;
      await town.opens(1);
      const ada = await town.guest('Ada');
      const watcher = await ada.stays('lobby');
      const filler = join(place, 'filler');
      const kept = [];
      for (let n = 0; n < 5; n++) kept.push(await ada.says('lobby', `before ${n}`));
      // All that is left.
      await writeFile(filler, Buffer.alloc(24 << 20)).catch(() => {});
      const refused = await until(async () => {
        const ack = await ada.tries('message:send', { roomId: 'lobby', content: 'x'.repeat(4_000) });
        if (ack.ok) kept.push(ack.message);
        return !ack.ok && ack.error;
      }, 'a message that does not fit');
      assert.equal(refused.code, 'unavailable');
      const { program } = town.servers[0];
      await until(() => /disk is full|disk I\/O/.test(program.said(400)), 'the cause in the log', {
        seen: () => program.said(),
      });
      for (let n = 0; n < 20; n++) await ada.tries('message:send', { roomId: 'lobby', content: 'x'.repeat(4_000) });
      const lines = program
        .said(400)
        .split('\n')
        .filter((line) => /a call of SQLite failed/.test(line));
      assert.ok(lines.length <= 3, `a line now and then, not one a request:\n${lines.join('\n')}`);
      execFileSync('rm', [filler]);
      kept.push(await ada.insistsOn('lobby', 'there is room again'));
      await watcher.has(kept.map(({ id }) => id));
      watcher.isSound();
      await town.kill();
      await town.starts();
      const ben = await town.guest('Ben');
      const after = await ben.stays('lobby');
      await after.has(kept.map(({ id }) => id));
    },
  );
});

test('too few descriptors: said at the start and once when they run out; it goes on when there are some again', async (t) => {
  const town = await empty(t);
  town.binary = '/bin/sh';
  const script = join(town.directory, 'few.sh');
  await writeFile(script, `ulimit -Sn 40; ulimit -Hn 64; exec ${belfryBinary()} "$@"\n`);
  const runs = town.runs.bind(town);
  town.runs = (args, settings) => runs([script, ...args], settings);
  await town.opens(1);
  const { program, port } = town.servers[0];
  assert.match(program.said(400), /may have 64 files and connections open/);
  const crowd = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => {}));
  const said = () => program.said(400).match(/connections cannot be accepted/g)?.length ?? 0;
  await until(() => said() > 0, 'the server to say that it can accept no more', { seen: () => program.said() });
  for (const one of crowd) one.destroy();
  const answers = () =>
    town
      .rest()
      .get('/health')
      .then(
        ({ status }) => status === 200,
        () => false,
      );
  await until(answers, 'the server to answer again', { seen: () => program.said() });
  // Over connections of their own: one that is kept open needs none to be accepted.
  const saidSo = () => {
    connect(port, '127.0.0.1', function () {
      this.destroy();
    }).on('error', () => {});
    return /connections are accepted again/.test(program.said(400));
  };
  await until(saidSo, 'the server to say so', { seen: () => program.said() });
  assert.equal(said(), 1, program.said());
});
