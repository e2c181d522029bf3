// Starting, ending and coming back: what was acknowledged stays, a drain is clean, and a setting that makes no sense is named.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { overBackends, ownBackends } from './support/backends.js';
import { exports, hearsOf } from './support/jobs.js';
import { until } from './support/limits.js';
import { repositoryFile } from './support/program.js';
import { embedded, empty, replicas, unhurried } from './support/town.js';

describe('a restart', { concurrency: 4 }, () => {
  for (const [how, ending] of [
    ['asked to end', 'stop'],
    ['killed outright', 'kill'],
  ]) {
    test(`keeps what was said: the server was ${how}`, async (t) => {
      const town = await embedded(t, unhurried);
      const ada = await town.guest('Ada', { reconnects: true });
      const watcher = await ada.stays('lobby');
      const said = await Promise.all(Array.from({ length: 100 }, (_, i) => ada.says('lobby', `${i}`)));
      await town[ending]();
      await town.starts();
      // The stock client comes back by itself.
      await ada.says('lobby', 'back again');
      await watcher.reaches(101);
      watcher.isSound();
      assert.deepEqual(
        watcher.list.slice(0, 100).map((message) => message.id),
        said.map((message) => message.id),
      );
    });
  }

  test('loses nothing acknowledged of what is on its way when the server is killed', async (t) => {
    const town = await embedded(t, unhurried);
    const ada = await town.guest('Ada', { reconnects: true });
    const watcher = await ada.stays('lobby');
    const sends = Array.from({ length: 300 }, (_, i) => ada.insistsOn('lobby', `${i}`));
    await Promise.race(sends);
    await town.kill();
    await town.starts();
    const messages = await Promise.all(sends);
    await watcher.has(messages.map((message) => message.id));
    watcher.isSound();
    assert.equal(watcher.list.length, 300, 'each message once');
  });
});

test('SIGTERM drains: not ready, nobody new, clients cut so that they come back, and the exit code is 0', async (t) => {
  const town = await embedded(t, { DRAIN_SECONDS: '4' });
  const people = await Promise.all(Array.from({ length: 8 }, (_, i) => town.guest(`Guest ${i}`)));
  for (const person of people) await person.joins('lobby');
  const { program } = town.servers[0];
  program.signal('SIGTERM');
  const turnedAway = async () => {
    const answer = await town
      .rest()
      .get('/ready')
      .catch(() => ({ status: 'no connection' }));
    return answer.status === 503 || answer.status === 'no connection';
  };
  await until(turnedAway, '/ready to fail');
  await assert.rejects(town.meets({ user: people[0].user, token: people[0].token }).connects());
  const cuts = await Promise.all(people.map((person) => person.isCut()));
  for (const { data: reason } of cuts) assert.notEqual(reason, 'io server disconnect');
  assert.deepEqual(await program.exit(), { code: 0, signal: null });
});

/** It has heard SIGHUP, and says so. */
async function takesHangup(program) {
  program.signal('SIGHUP');
  const heard = () => {
    if (!program.isRunning) throw new Error(`SIGHUP has ended it\n${program.said()}`);
    return /SIGHUP/.test(program.said(400));
  };
  await until(heard, 'a line about SIGHUP', { seen: () => program.said() });
}

describe('SIGHUP, which renews certificates, ends nothing where there is none', { concurrency: 2 }, () => {
  const settings = { ...unhurried, RUST_LOG: 'info,belfry::program=debug' };

  test('a server', async (t) => {
    const town = await embedded(t, settings);
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    await takesHangup(town.servers[0].program);
    await ada.says('lobby', 'it goes on');
  });

  test('a worker', overBackends, async (t) => {
    const town = await replicas(t, 1, { worker: 'apart', settings });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const exported = async () => {
      const job = await exports(ada, 'lobby', 'json');
      assert.equal((await hearsOf(ada, job)).state, 'completed');
    };
    await exported();
    await takesHangup(town.worker);
    await exported();
  });
});

test('what is acknowledged during a drain is kept', async (t) => {
  const town = await embedded(t, { ...unhurried, DRAIN_SECONDS: '2' });
  const ada = await town.guest('Ada', { reconnects: true });
  const watcher = await ada.stays('lobby');
  const sends = Array.from({ length: 200 }, (_, i) => ada.insistsOn('lobby', `${i}`));
  await Promise.race(sends);
  assert.deepEqual(await town.stop(), { code: 0, signal: null });
  await town.starts();
  const messages = await Promise.all(sends);
  await watcher.has(messages.map((message) => message.id));
  watcher.isSound();
  assert.equal(watcher.list.length, 200);
});

describe('a setting that makes no sense stops the program with one line that names it', { concurrency: 4 }, () => {
  async function isRefused(town, settings, name, args = ['serve']) {
    const program = town.runs(args, { BIND_ADDR: '127.0.0.1:0', ...settings });
    const { code } = await program.exit();
    assert.notEqual(code, 0, program.said());
    assert.notEqual(code, null, program.said());
    assert.notEqual(code, 101, `a panic is no explanation\n${program.said()}`);
    assert.equal(program.errors.length, 1, program.said());
    assert.match(program.errors[0], name);
  }

  const settings = {
    'Redis with SQLite': [{ REDIS_URL: 'redis://127.0.0.1:6379' }, /REDIS_URL/],
    'a secret of 31 bytes': [{ JWT_SECRET: 'x'.repeat(31) }, /JWT_SECRET/],
    'keys of a backend that are only commas': [{ SERVER_API_KEY: ' ,,' }, /SERVER_API_KEY.*holds commas and no key/],
    'an address that is none': [{ BIND_ADDR: 'everywhere' }, /BIND_ADDR/],
    'a number that is none': [{ MESSAGES_PER_SECOND: 'many' }, /MESSAGES_PER_SECOND/],
    'no messages at all': [{ MESSAGES_PER_SECOND: '0' }, /MESSAGES_PER_SECOND/],
    'a negative number': [{ ROOMS_PER_SOCKET: '-1' }, /ROOMS_PER_SOCKET/],
    'a word that is not of the choice': [{ GUESTS: 'perhaps' }, /GUESTS/],
    'another such word': [{ ROOM_CREATION: 'never' }, /ROOM_CREATION/],
    'a format that is none': [{ LOG_FORMAT: 'xml' }, /LOG_FORMAT/],
    'a store that is none': [{ DATABASE_URL: 'mysql://localhost/belfry' }, /DATABASE_URL/],
    'a store that cannot be made': [{ DATABASE_URL: 'sqlite:///proc/no/such/place/belfry.db' }, /DATABASE_URL/],
    'Postgres without a secret': [
      { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none', JWT_SECRET: undefined },
      /JWT_SECRET/,
    ],
    'a Redis address that is none': [
      { DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none', REDIS_URL: 'http://x' },
      /REDIS_URL/,
    ],
    'a database that is not there': [{ DATABASE_URL: 'postgres://postgres@127.0.0.1:1/none' }, /DATABASE_URL/],
  };
  for (const [what, [given, name]] of Object.entries(settings)) {
    test(what, async (t) => isRefused(await empty(t), given, name));
  }

  test('a file of settings that cannot be read, without what it holds', async (t) => {
    const town = await empty(t);
    await writeFile(join(town.directory, '.env'), "REDIS_PREFIX='unclosed-and-private\n");
    await isRefused(town, {}, /^(?!.*private).*REDIS_PREFIX/);
    await writeFile(join(town.directory, '.env'), 'unclosed-and-private words\n');
    await isRefused(town, {}, /^(?!.*private).*\.env/);
  });

  test('a port in use', async (t) => {
    const town = await empty(t);
    const holder = createServer();
    await new Promise((listening) => holder.listen(0, '127.0.0.1', listening));
    town.whenItEnds(() => holder.close());
    await isRefused(town, { BIND_ADDR: `127.0.0.1:${holder.address().port}` }, /BIND_ADDR/);
  });

  test('a second process on one SQLite file', async (t) => {
    const town = await embedded(t);
    await isRefused(town, {}, /DATABASE_URL.*SQLite serves one process: stop it, or move to Postgres and Redis/);
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    await ada.says('lobby', 'the first goes on');
  });

  test('a second process on one Postgres database without Redis', overBackends, async (t) => {
    const town = await empty(t, { REDIS_URL: undefined });
    const { settings: backends, remove } = await ownBackends();
    town.whenItEnds(remove);
    town.settings = { ...town.settings, DATABASE_URL: backends.DATABASE_URL };
    await town.opens(1);
    await isRefused(town, {}, /DATABASE_URL|REDIS_URL/);
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
  });
});

describe('the other commands', { concurrency: 4 }, () => {
  test('token prints one that lets its owner in', async (t) => {
    const town = await embedded(t);
    const program = town.runs(['token', '--sub', 'ada-1', '--name', 'Ada', '--ttl', '1h']);
    assert.equal((await program.exit()).code, 0, program.said());
    const token = program.output.find((line) => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(line));
    assert.ok(token, program.said());
    const ada = await town.connected({ user: { id: 'ada-1', username: 'Ada' }, token });
    await ada.joins('lobby');
    assert.equal((await ada.says('lobby', 'hello')).userId, 'ada-1');
  });

  test('help names every setting, and .env.example and docker-compose.yml know the same ones', async (t) => {
    const program = (await empty(t)).runs(['serve', '--help']);
    assert.equal((await program.exit()).code, 0, program.said());
    const named = namesIn(program.output.join('\n'), /\[env: ([A-Z_]+)/g);
    assert.ok(named.length > 10, program.said());
    const [example] = (await readFile(repositoryFile('.env.example'), 'utf8')).split('# --- ');
    assert.deepEqual(namesIn(example, /^#([A-Z_]+)=/gm), named);
    const compose = await readFile(repositoryFile('docker-compose.yml'), 'utf8');
    const replica = compose.slice(compose.indexOf('&settings'), compose.indexOf('\nservices:'));
    // The image itself says where to listen.
    assert.deepEqual([...namesIn(replica, /^ {4}([A-Z_]+):/gm), 'BIND_ADDR'].sort(), named);
  });

  test('migrate may be run again and again', async (t) => {
    const town = await empty(t);
    for (let run = 0; run < 2; run++) {
      const program = town.runs(['migrate']);
      assert.equal((await program.exit()).code, 0, program.said());
    }
    await town.opens(1);
  });

  test('migrate on Postgres, by many at once', overBackends, async (t) => {
    const town = await empty(t);
    const { settings: backends, remove } = await ownBackends();
    town.whenItEnds(remove);
    town.settings = { ...town.settings, ...backends };
    const programs = Array.from({ length: 4 }, () => town.runs(['migrate']));
    for (const program of programs) assert.equal((await program.exit()).code, 0, program.said());
    await town.opens(2);
  });

  test('serve says where it is to collectors in one line of JSON, and nothing else', async (t) => {
    const town = await embedded(t, { LOG_FORMAT: 'json' });
    const [{ program, port }] = town.servers;
    const lines = () => program.errors.map((line) => JSON.parse(line));
    const found = () => lines().find(({ fields }) => fields.message === 'listening');
    await until(found, 'the line', { seen: () => program.said() });
    assert.equal(found().fields.address, `http://127.0.0.1:${port}`);
    assert.match(found().fields.version, /^\d+\.\d+\.\d+/);
    assert.ok(found().replica);
    assert.deepEqual(program.output, []);
  });

  test('lines that no terminal shows have no colours', async (t) => {
    const town = await embedded(t);
    await town.stop();
    const said = town.servers[0].program.said(400);
    assert.match(said, / INFO /);
    assert.ok(!said.includes('\u001b'), said);
  });

  test('serve prints where it is and how to get in', async (t) => {
    const town = await embedded(t);
    const [server] = town.servers;
    const printed = () => server.program.said(400).includes(`http://127.0.0.1:${server.port}`);
    await until(printed, 'the address in what is printed', { seen: () => server.program.said() });
  });
});

function namesIn(text, pattern) {
  return [...text.matchAll(pattern)].map(([, name]) => name).sort();
}
