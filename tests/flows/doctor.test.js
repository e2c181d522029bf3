// `belfry doctor` says what is wrong and what to do, whatever is broken; `belfry health` and `ready` ask a server, for whoever restarts it.

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { overBackends } from './support/backends.js';
import { certificate } from './support/certificates.js';
import { until } from './support/limits.js';
import { freePort } from './support/ports.js';
import { OwnPostgres } from './support/postgres.js';
import { belfryBinary } from './support/program.js';
import { OwnRedis } from './support/redis.js';
import { embedded, empty, replicas } from './support/town.js';

/** `belfry doctor --json …`: its exit code and its checks. */
async function examined(town, args = [], settings = {}) {
  const program = town.runs(['doctor', '--json', ...args], settings);
  const { code } = await program.exit();
  const report = JSON.parse(program.output.join('\n'));
  assert.equal(report.ok, code === 0, program.said());
  for (const check of report.checks)
    assert.equal(check.level === 'fail' || check.level === 'warn', check.remedy !== undefined, JSON.stringify(check));
  const levels = (level) => report.checks.filter((check) => check.level === level);
  const named = (name) => report.checks.find((check) => check.name === name);
  return { code, levels, named, text: program.output.join('\n') };
}

describe('settings', { concurrency: 4 }, () => {
  test('nothing runs and nothing is wrong: 0, and it leaves nothing behind', async (t) => {
    const town = await empty(t, { BIND_ADDR: `127.0.0.1:${await freePort()}` });
    const { code, levels, named } = await examined(town);
    assert.equal(code, 0, JSON.stringify(levels('fail')));
    assert.match(named('sqlite').found, /not there yet/);
    assert.equal(named('server').level, 'skipped');
    execFileSync('test', ['!', '-e', join(town.directory, 'data')]);
  });

  test('every setting that makes no sense is named at once', async (t) => {
    const town = await empty(t, { GUESTS: 'perhaps', DRAIN_SECONDS: '-1', REDIS_URL: 'redis://127.0.0.1:1' });
    const { code, named } = await examined(town);
    assert.equal(code, 1);
    for (const name of ['GUESTS', 'DRAIN_SECONDS', 'REDIS_URL']) assert.equal(named(name)?.level, 'fail', name);
  });

  test('a secret out of an example, a name that is misspelt, a file that others may read', async (t) => {
    const town = await empty(t, { JWT_SECRET: undefined });
    const file = join(town.directory, '.env');
    await writeFile(file, 'JWT_SECRET=changeme-changeme-changeme-changeme\nDATABSE_URL=sqlite://x\n');
    await chmod(file, 0o644);
    const { code, named, text } = await examined(town);
    assert.equal(code, 1);
    assert.equal(named('JWT_SECRET').level, 'fail');
    assert.match(named('misspelt').remedy, /DATABASE_URL/);
    assert.match(named('.env rights').remedy, /chmod 600/);
    assert.doesNotMatch(text, /changeme/);
  });

  test('a secret that is too short: one reason, not three', async (t) => {
    for (const url of ['postgres://postgres@127.0.0.1:1/none', 'sqlite://data/belfry.db']) {
      const { levels } = await examined(await empty(t, { JWT_SECRET: 'secret', DATABASE_URL: url }));
      const said = levels('fail').filter(({ name }) => name === 'JWT_SECRET');
      assert.match(said.map(({ found }) => found).join('\n'), /^has 6 bytes; it takes 32 or more\.$/);
    }
  });

  test('a limit of open files says how many there should be, a key who may read it', async (t) => {
    const town = await empty(t);
    const { cert, key } = await certificate(join(town.directory, 'tls'), 'a');
    const tls = { TLS_CERT: cert, TLS_KEY: key };
    await chmod(key, 0o644);
    town.binary = '/bin/sh';
    const script = join(town.directory, 'few.sh');
    await writeFile(script, `ulimit -Sn 2000; ulimit -Hn 2000; exec ${belfryBinary()} "$@"\n`);
    const runs = town.runs.bind(town);
    town.runs = (args, settings) => runs([script, ...args], settings);
    const { named } = await examined(town, [], tls);
    assert.match(named('file limit').remedy, /65536.*LimitNOFILE=65536.*ulimits/);
    assert.match(named('key rights').remedy, /chmod 600/);
    await chmod(key, 0o600);
    assert.equal((await examined(town, [], tls)).named('key rights'), undefined);
  });

  test('an address that another program has, without what that answers', async (t) => {
    const town = await empty(t);
    const takes = async (server) => {
      await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
      town.whenItEnds(() => server.close());
      return examined(town, [], { BIND_ADDR: `127.0.0.1:${server.address().port}` });
    };
    const page = createServer((_, response) => response.end('<html>a page of somebody else</html>'));
    const missing = createServer((_, response) => response.writeHead(404).end('<html>a page of somebody else</html>'));
    const other = createTcpServer((socket) => socket.on('error', () => {}).end('220 mail\r\n'));
    for (const server of [page, missing, other]) {
      const { code, named, text } = await takes(server);
      assert.equal(code, 1);
      assert.match(named('server').found, /^BIND_ADDR is taken by something that is not Belfry/);
      assert.doesNotMatch(text, /html|mail/);
    }
  });

  test('a half-written .env, without what it holds', async (t) => {
    const town = await empty(t);
    await writeFile(join(town.directory, '.env'), "SERVER_API_KEY='unclosed-and-private\n");
    const { code, named, text } = await examined(town);
    assert.equal(code, 1);
    assert.match(named('.env').found, /SERVER_API_KEY/);
    assert.doesNotMatch(text, /private/);
  });

  test('in words: a line each, and what to do below it', async (t) => {
    const town = await empty(t, { GUESTS: 'perhaps' });
    const program = town.runs(['doctor']);
    assert.equal((await program.exit()).code, 1);
    const fails = program.output.findIndex((line) => /^FAIL +GUESTS /.test(line));
    assert.match(program.output[fails + 1], /^ +-> /);
    assert.match(program.output.at(-1) || program.output.at(-2), /1 failed/);
    assert.deepEqual(program.errors, []);
  });
});

describe('stores', { concurrency: 3 }, () => {
  test('a file that is no database, a folder that cannot be made', async (t) => {
    const town = await empty(t);
    await mkdir(join(town.directory, 'data'));
    await writeFile(join(town.directory, 'data/belfry.db'), 'these are words, and no database at all\n'.repeat(100));
    const broken = await examined(town);
    assert.equal(broken.code, 1);
    assert.match(broken.named('schema').found, /no database, or damaged/);
    const elsewhere = await examined(town, [], { DATABASE_URL: 'sqlite://data/belfry.db/in/it.db' });
    assert.equal(elsewhere.named('sqlite').level, 'fail');
  });

  test('a server that runs is found, and its schema is right', async (t) => {
    const town = await embedded(t);
    const { code, named } = await examined(town, [], { BIND_ADDR: `127.0.0.1:${town.servers[0].port}` });
    assert.equal(code, 0);
    assert.match(named('sqlite use').found, /a server runs/);
    assert.match(named('schema').found, /as this program has it/);
    assert.equal(named('server').level, 'ok');
  });

  test('a migration that is not the one this program knows: serve refuses it, and so does the doctor', async (t) => {
    const town = await empty(t);
    await town.runs(['migrate']).exit();
    const change =
      'import sqlite3; db = sqlite3.connect("data/belfry.db"); db.execute("UPDATE _sqlx_migrations SET checksum = x\'00\' WHERE version = 2"); db.commit()';
    execFileSync('python3', ['-c', change], { cwd: town.directory });
    const { named } = await examined(town, [], { BIND_ADDR: `127.0.0.1:${await freePort()}` });
    assert.equal(named('schema').level, 'fail');
    assert.match(named('schema').found, /^migration 2 is not the one/);
    const refused = town.runs(['serve'], { BIND_ADDR: '127.0.0.1:0' });
    assert.equal((await refused.exit()).code, 1, refused.said());
  });

  test('Postgres: away, without the database, older, newer, and not durable', overBackends, async (t) => {
    const town = await empty(t);
    const postgres = await OwnPostgres.started();
    town.whenItEnds(() => postgres.stop());
    const at = (url) => ({ DATABASE_URL: url });
    const fresh = await examined(town, [], at(postgres.url));
    assert.equal(fresh.code, 0, JSON.stringify(fresh.levels('fail')));
    assert.match(fresh.named('postgres use').found, /no server/);
    const absent = await examined(town, [], at(postgres.url.replace(/\/postgres$/, '/nowhere')));
    assert.match(absent.named('postgres').found, /3D000.*make the database/);
    const program = town.runs(['migrate'], at(postgres.url));
    assert.equal((await program.exit()).code, 0, program.said());
    await postgres.asks(
      'UPDATE _sqlx_migrations SET version = version + 1000 WHERE version = (SELECT max(version) FROM _sqlx_migrations)',
    );
    assert.match((await examined(town, [], at(postgres.url))).named('schema').remedy, /newer version/);
    await postgres.asks('DELETE FROM _sqlx_migrations WHERE version > 1000');
    assert.equal((await examined(town, [], at(postgres.url))).named('schema').level, 'warn');
    await postgres.asks("UPDATE _sqlx_migrations SET checksum = '\\\\x00' WHERE version = 1");
    assert.match((await examined(town, [], at(postgres.url))).named('schema').found, /^migration 1 is not the one/);
    await postgres.asks("ALTER DATABASE postgres SET synchronous_commit = 'off'");
    assert.match((await examined(town, [], at(postgres.url))).named('postgres durability').remedy, /lost/);
    await postgres.crash();
    assert.match((await examined(town, [], at(postgres.url))).named('postgres').found, /not reached/);
    await postgres.start();
  });

  test(
    'Redis: away, asking for a password, throwing keys away; and servers that share a database',
    overBackends,
    async (t) => {
      const town = await replicas(t, 2);
      const well = await examined(town);
      assert.equal(well.named('redis').level, 'ok');
      assert.equal(well.named('clock of Redis').level, 'ok');
      assert.equal(well.named('clock of Postgres').level, 'ok');
      assert.match(well.named('postgres use').found, /^2 servers/);
      const redis = await OwnRedis.started(town.directory);
      town.whenItEnds(() => redis.stop());
      const at = (url) => examined(town, [], { REDIS_URL: url });
      const set = (...words) => promisify(execFile)('redis-cli', ['-p', String(redis.port), 'config', 'set', ...words]);
      await set('maxmemory', '100mb');
      await set('maxmemory-policy', 'allkeys-lru');
      assert.match((await at(redis.url)).named('redis memory').remedy, /noeviction/);
      await set('requirepass', 'a-password-of-redis');
      assert.match((await at(redis.url)).named('redis').found, /asks for a password/);
      assert.match((await at(redis.url.replace('//', '//:wrong@'))).named('redis').found, /refuses/);
      const right = await at(redis.url.replace('//', '//:a-password-of-redis@'));
      assert.equal(right.named('redis').level, 'ok');
      assert.doesNotMatch(right.text, /a-password-of-redis/);
      await redis.stop();
      assert.match((await at(redis.url)).named('redis').found, /not reached/);
    },
  );
});

describe('through the proxy in front', { concurrency: 4 }, () => {
  const key = 'q7Zr2vX9mK4tB8nL1cW6yH3jF5dS0aGp';

  /** A proxy of our own before a server: `may(request)` says what becomes of it. */
  async function proxy(town, { port = town.servers[0].port, headers = {}, upgrades = true, breaks } = {}) {
    const server = createServer((request, response) => {
      if (breaks?.(request, response)) return;
      forward(port, request, { ...request.headers, ...headers }, response);
    });
    server.on('upgrade', (request, socket, head) => {
      if (!upgrades) return socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
      const behind = connect(port, '127.0.0.1', () => {
        const lines = Object.entries({ ...request.headers, ...headers }).map(([name, value]) => `${name}: ${value}`);
        behind.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
        behind.write(head);
        socket.pipe(behind).pipe(socket);
      });
      for (const one of [socket, behind]) one.on('error', () => {});
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    town.whenItEnds(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${server.address().port}`;
  }

  async function forward(port, request, headers, response) {
    const { request: ask } = await import('node:http');
    const behind = ask({ port, host: '127.0.0.1', method: request.method, path: request.url, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    behind.on('error', () => response.destroy());
    request.pipe(behind);
  }

  test('one that does all right', async (t) => {
    const town = await embedded(t, { SERVER_API_KEY: key, TRUSTED_PROXIES: '127.0.0.0/8' });
    const through = await proxy(town, { headers: { 'x-forwarded-for': '198.51.100.7' } });
    const { code, named, levels } = await examined(town, ['--through', through]);
    assert.equal(code, 0, JSON.stringify(levels('fail')));
    for (const name of [
      'reached',
      'ready',
      'headers',
      'polling sticks',
      'polling flows',
      'websocket',
      'client address',
    ])
      assert.equal(named(name)?.level, 'ok', `${name}: ${JSON.stringify(named(name))}`);
    assert.match(named('client address').found, /198\.51\.100\.7/);
    assert.equal(named('websocket stays').level, 'skipped');
  });

  test('while the key of the servers is being changed, it sends the old one', async (t) => {
    const town = await embedded(t, { SERVER_API_KEY: `${key},the-next-one`, TRUSTED_PROXIES: '127.0.0.0/8' });
    const through = await proxy(town, { headers: { 'x-forwarded-for': '198.51.100.7' } });
    const { named } = await examined(town, ['--through', through]);
    assert.equal(named('client address').level, 'ok', JSON.stringify(named('client address')));
  });

  test('one that keeps websockets out', async (t) => {
    const town = await embedded(t);
    const { code, named } = await examined(town, ['--through', await proxy(town, { upgrades: false })]);
    assert.equal(code, 1);
    assert.match(named('websocket').found, /400 Bad Request, not 101/);
    assert.match(named('websocket').remedy, /Upgrade/);
    assert.equal(named('polling sticks').level, 'ok');
  });

  test('one that does not say where people believe to be, so that their pages are strangers', async (t) => {
    const town = await embedded(t);
    const { code, named } = await examined(town, [
      '--through',
      await proxy(town, { headers: { host: 'belfry-1:3000' } }),
    ]);
    assert.equal(code, 1);
    assert.match(named('websocket').found, /403 Forbidden, not 101/);
    assert.match(named('websocket').remedy, /Host/);
  });

  test('one that holds polls back', async (t) => {
    const town = await embedded(t);
    const breaks = ({ method, url }) => method === 'GET' && url.includes('sid=');
    const { named } = await examined(town, ['--through', await proxy(town, { breaks })]);
    assert.match(named('polling flows').remedy, /buffering/);
  });

  test('one that sends the requests of a session to any server', overBackends, async (t) => {
    const town = await replicas(t, 2);
    const { code, named } = await examined(town, ['--through', town.address('any')]);
    assert.equal(code, 1);
    assert.match(named('polling sticks').found, /Session ID unknown/);
  });

  test('one that is not trusted, one that is silent, and one that lets anybody say who they are', async (t) => {
    const one = await embedded(t, { SERVER_API_KEY: key });
    const told = { headers: { 'x-forwarded-for': '203.0.113.66, 198.51.100.7' } };
    const shared = await examined(one, ['--through', await proxy(one, told)]);
    assert.match(shared.named('client address').remedy, /TRUSTED_PROXIES/);
    const other = await embedded(t, { SERVER_API_KEY: key, TRUSTED_PROXIES: '127.0.0.0/8' });
    const believed = await examined(other, ['--through', await proxy(other)]);
    assert.equal(believed.code, 1);
    assert.match(believed.named('client address').found, /forged/);
  });

  test('one on the doctor’s own machine, whose address cannot be told from the proxy’s', async (t) => {
    const town = await embedded(t, { SERVER_API_KEY: key, TRUSTED_PROXIES: '127.0.0.1' });
    for (const said of ['127.0.0.1', '203.0.113.66, 127.0.0.1']) {
      const through = await proxy(town, { headers: { 'x-forwarded-for': said } });
      const { code, named, levels } = await examined(town, ['--through', through]);
      assert.equal(code, 0, JSON.stringify(levels('fail')));
      assert.match(named('client address').found, /cannot be told apart from the proxy's own/);
    }
  });

  test('the server keeps its warning of proxies that nobody named for people', async (t) => {
    const town = await embedded(t, { SERVER_API_KEY: key });
    const said = () => town.servers[0].program.said(400).match(/TRUSTED_PROXIES: a request from/g)?.length ?? 0;
    await examined(town, ['--through', town.address()]);
    assert.equal(said(), 0, town.servers[0].program.said());
    await fetch(`${town.address()}/health`, { headers: { 'x-forwarded-for': '198.51.100.7' } });
    await until(() => said() === 1, 'the warning');
  });

  test('https with a certificate that nobody knows, on this machine: it says that it did not look at it', async (t) => {
    const town = await empty(t);
    const { cert, key: secret } = await certificate(join(town.directory, 'tls'), 'own');
    const port = await freePort();
    const settings = { BIND_ADDR: `127.0.0.1:${port}`, TLS_CERT: cert, TLS_KEY: secret };
    const server = town.runs(['serve'], settings);
    await until(() => /listens on https/.test(server.said(400)), 'the server to listen', { seen: () => server.said() });
    const { named } = await examined(town, ['--through', `https://127.0.0.1:${port}`], settings);
    assert.match(named('reached').found, /the certificate was not checked/);
    assert.equal(named('server').level, 'ok');
  });

  test('nothing there', async (t) => {
    const town = await empty(t);
    const { code, named } = await examined(town, ['--through', `http://127.0.0.1:${await freePort()}`]);
    assert.equal(code, 1);
    assert.match(named('reached').found, /not reached/);
    assert.equal((await examined(town, ['--through', 'chat.example.org'])).named('through').level, 'fail');
  });
});

describe('health and ready', { concurrency: 4 }, () => {
  async function ends(town, args, settings) {
    const program = town.runs(args, settings);
    return { ...(await program.exit()), said: program.said(), errors: program.errors };
  }

  test('0 while the server is well, 1 and a line when it is not, each asked where it listens', async (t) => {
    const town = await embedded(t);
    const here = { BIND_ADDR: `0.0.0.0:${town.servers[0].port}` };
    for (const what of ['health', 'ready']) assert.equal((await ends(town, [what], here)).code, 0);
    assert.equal((await ends(town, ['health', '--url', town.address()])).code, 0);
    await town.stop();
    const gone = await ends(town, ['health'], here);
    assert.deepEqual([gone.code, gone.errors.length], [1, 1], gone.said);
    assert.match(gone.errors[0], /does not answer/);
  });

  test('an address that is none is a mistake of the command line: 2', async (t) => {
    const town = await empty(t);
    for (const url of ['127.0.0.1:21001', 'chat.example.org', 'ftp://x'])
      assert.equal((await ends(town, ['health', '--url', url])).code, 2, url);
  });

  test('a server that is stuck is given two seconds', async (t) => {
    const town = await empty(t);
    const server = createServer(() => {});
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    town.whenItEnds(() => server.closeAllConnections() ?? server.close());
    const stuck = await ends(town, ['health', '--url', `http://127.0.0.1:${server.address().port}`]);
    assert.equal(stuck.code, 1, stuck.said);
  });
});

test('what a server sees of a visitor takes the server’s key', async (t) => {
  const town = await embedded(t, { SERVER_API_KEY: 'a-key-for-operators' });
  assert.equal((await town.rest().get('/api/admin/visitor')).status, 401);
  assert.equal((await town.rest(0, 'a-key-for-operators').get('/api/admin/visitor')).body.peer, '127.0.0.1');
});
