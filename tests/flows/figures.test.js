// What an operator sees: figures with bounded labels, where they are served, and that rules and dashboard name what is there.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { overBackends } from './support/backends.js';
import { aside, Figures, ports, scraped } from './support/figures.js';
import { exports, hearsOf } from './support/jobs.js';
import { until } from './support/limits.js';
import { repositoryFile } from './support/program.js';
import { isProblem } from './support/rest.js';
import { embedded, empty, replicas, unhurried } from './support/town.js';

const hasPromtool = await promisify(execFile)('promtool', ['--version']).then(
  () => true,
  () => false,
);
/** Options for a test that needs promtool: skipped where it is missing, but never in CI. */
const withPromtool = {
  skip: !hasPromtool && process.env.CI !== 'true' ? 'needs promtool: scripts/install-test-tools installs it' : false,
};

/** What `promtool` says to this on its standard input; nothing where all is well. */
async function promtool(args, input) {
  const child = spawn('promtool', args);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(text));
  child.stdin.end(input);
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  return { code, text: Buffer.concat(said).toString() };
}

/** One of each event, in the room. */
async function livesThere(person, room) {
  await person.joins(room);
  await person.does('typing:start', { roomId: room });
  const message = await person.says(room, `@${person.name} ${room}`);
  await person.edits(message, 'again');
  await person.claps(message, 2);
  await person.reacts(message, '🎉');
  await person.reads(room, message.seq);
  await person.deletes(message);
  await person.does('typing:stop', { roomId: room });
  await person.does('presence:update', { status: 'away' });
  await person.isRefused('message:send', { roomId: room, content: '' }, 'invalid_argument');
  await person.rest.get(`/api/rooms/${room}/messages`);
  await person.rest.get(`/api/rooms/${room}/nothing-of-this-name`);
  await person.rest.get(`/${room}`);
  await person.leaves(room);
  person.goes();
}

describe('figures', { concurrency: 4 }, () => {
  test('no room and no person makes a series, and none is named', async (t) => {
    const town = await embedded(t, unhurried);
    const left = (sockets) => async () => (await scraped(town.rest())).value('belfry_sockets') === sockets;
    for (let i = 0; i < 3; i++) await livesThere(await town.citizen(`First-${i}`), `first-room-${i}`);
    await until(left(0), 'the first ones to be gone');
    // What is looked at every few seconds has been looked at, and the messages have been read.
    await until(async () => {
      const { series } = await scraped(town.rest());
      const jobs = series.get('belfry_job_attempts_total{outcome="done",type="message.enrich"}');
      return series.has('belfry_jobs_oldest_age_seconds{line="low"}') && jobs >= 3;
    }, 'the first look, and the first jobs');
    const before = await scraped(town.rest());

    const people = [];
    for (let hundred = 0; hundred < 10; hundred++) {
      const some = Array.from({ length: 20 }, async (_, i) => {
        const person = await town.citizen(`Later-${hundred}-${i}`);
        people.push(person);
        await livesThere(person, `later-room-${hundred}-${i}`);
      });
      await Promise.all(some);
    }
    await until(left(0), 'everybody to be gone');
    const after = await scraped(town.rest());
    const fresh = [...after.series.keys()].filter((series) => !before.series.has(series));
    assert.deepEqual(fresh, [], 'series that rooms and people have made');
    assert.equal(after.value('belfry_events_total', 'event="join:room",outcome="ok"'), 203);
    assert.equal(after.value('belfry_events_total', 'event="message:send",outcome="invalid_argument"'), 203);
    assert.equal(
      after.value('belfry_event_seconds_count', 'event="message:send"'),
      203,
      'what cannot be read has no turn',
    );
    assert.equal(after.value('belfry_engine_sessions', 'transport="websocket"'), 0);
    assert.equal(after.value('belfry_writer_waiting'), 0);
    assert.equal(
      after.value('belfry_http_request_seconds_count', 'method="GET",route="/api/rooms/{id}/messages",status="2xx"'),
      203,
    );
    for (const word of ['later-room', 'Later-', ...people.map((person) => person.id)]) {
      assert.ok(!after.text.includes(word), `${word} is named`);
    }
  });

  test('what clients make up is one series', async (t) => {
    const town = await embedded(t, unhurried);
    const ada = await town.citizen('Ada');
    for (let i = 0; i < 20; i++) {
      await ada.isRefused(`made-up-${i}`, {}, 'invalid_argument');
      await fetch(`${town.address()}/api/made-up-${i}`, { method: 'PROPFIND' });
    }
    const figures = await scraped(town.rest());
    assert.equal(figures.value('belfry_events_total', 'event="unknown",outcome="invalid_argument"'), 20);
    assert.doesNotMatch(figures.text, /made-up|PROPFIND/);
  });

  test('a token that is no good is a refused handshake', async (t) => {
    const town = await embedded(t);
    const stranger = town.meets({ user: { id: 'x', username: 'X' }, token: 'nonsense' });
    await assert.rejects(stranger.connects());
    const refused = async () => {
      const figures = await scraped(town.rest());
      return figures.value('belfry_handshakes_refused_total', 'code="unauthenticated"') === 1;
    };
    await until(refused, 'the refusal to be counted');
  });

  test('rules and dashboard name what is there, which promtool finds nothing wrong with', {
    skip: withPromtool.skip || overBackends.skip,
  }, async (t) => {
    const apart = await aside();
    const town = await replicas(t, 2, { worker: 'apart', settings: unhurried });
    await town.worker.kill();
    town.worker = town.runs(['worker'], apart.settings);
    const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob', { at: 1 })];
    const watcher = await bob.stays('lobby');
    await ada.joins('lobby');
    for (let i = 0; i < 5; i++) await ada.says('lobby', `@Bob ${i}`);
    await watcher.reaches(10);
    await hearsOf(ada, await exports(ada, 'lobby'));
    await ada.claps(watcher.list[0]);
    const is = (rest, series, fits) => async () =>
      fits((await scraped(rest).catch(() => undefined))?.series.get(series));
    await until(
      is(apart.rest, 'belfry_job_attempts_total{outcome="done",type="room.export"}', (done) => done === 1),
      'the worker to count the job',
      { seen: () => town.said() },
    );

    const [one, other, worker] = await Promise.all([town.rest(0), town.rest(1), apart.rest].map(scraped));
    for (const { text } of [one, other, worker]) {
      const { code, text: said } = await promtool(['check', 'metrics'], text);
      assert.equal(said, '', 'promtool check metrics');
      assert.equal(code, 0);
    }
    // Where news come in another order than they were made, a look at the store carries people, and that is no delivery.
    assert.ok(one.value('belfry_delivery_seconds_count') > 0);
    assert.ok(other.value('belfry_remote_delivery_seconds_count') > 0);
    assert.ok(other.value('belfry_bus_heard_total') >= 5);

    const there = new Set([...one.names, ...other.names, ...worker.names]);
    const named = (text) => new Set(text.match(/\b(belfry|process)_[a-z0-9_]+/g));
    const dashboard = JSON.parse(await readFile(repositoryFile('deploy/grafana/belfry.json'), 'utf8'));
    const panels = dashboard.panels.filter((panel) => panel.type !== 'row');
    for (const { title, description, fieldConfig, targets } of panels) {
      assert.ok(title && description && fieldConfig.defaults.unit && targets.length > 0, `the panel ${title} is whole`);
    }
    const shown = named(panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)).join('\n'));
    const missing = [...shown].filter((name) => !there.has(name));
    assert.deepEqual(missing, [], 'metrics of the dashboard that are not there');

    const rules = await readFile(repositoryFile('deploy/prometheus/alerts.yml'), 'utf8');
    const gone = [...named(rules)].filter((name) => !there.has(name));
    assert.deepEqual(gone, [], 'metrics of the rules that are not there');
    await understands(
      panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
      town.directory,
    );
  });
});

/** Fails where Prometheus cannot read one of the expressions: as rules, with the dashboard's own variables filled in. */
async function understands(expressions, directory) {
  const filledIn = (expr) => expr.replaceAll('$__rate_interval', '5m').replace(/\$(job|instance)/g, '.*');
  const rules = expressions.map((expr, i) => ({ record: `panel:${i}`, expr: filledIn(expr) }));
  const file = join(directory, 'panels.json');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  const { code, text } = await promtool(['check', 'rules', file], '');
  assert.equal(code, 0, text);
}

describe('the place of the figures', { concurrency: 4 }, () => {
  test('is the server’s own port, and with METRICS_ADDR another one alone', async (t) => {
    const town = await embedded(t);
    assert.ok((await scraped(town.rest())) instanceof Figures);
    await town.stop();

    const apart = await aside();
    await town.starts(0, apart.settings);
    const figures = await scraped(apart.rest);
    assert.equal(figures.value('belfry_ready'), 1);
    assert.equal((await town.rest().get('/metrics')).status, 404);
    for (const rest of [town.rest(), apart.rest]) {
      assert.equal((await rest.get('/health')).status, 200);
      assert.deepEqual((await rest.get('/ready')).body, { status: 'ok', degraded: [] });
    }
    for (const path of ['/', '/api', '/api/auth/guest', '/socket.io/?EIO=4&transport=polling', '/metrics/']) {
      isProblem(await apart.rest.get(path), 404, 'not_found');
    }
    isProblem(await apart.rest.post('/health', {}), 405, 'invalid_argument');
    for (const path of ['/health', '/ready', '/metrics', '/']) {
      const { headers } = await apart.rest.get(path);
      assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
      assert.match(headers.get('content-security-policy'), /^default-src 'none';/, path);
      assert.equal(headers.get('cache-control'), 'no-store', path);
    }
  });

  test('has a bound of its own for each address', async (t) => {
    const apart = await aside();
    const town = await embedded(t, { ...apart.settings, CONNECTIONS_PER_ADDRESS: '5' });
    const { hostname: host, port } = new URL(apart.rest.base);
    const MOST = 256;
    const lines = Array.from({ length: MOST + 1 }, () => {
      const line = { socket: connect({ host, port, localAddress: '127.0.0.5' }), heard: '' };
      line.socket.on('error', () => {}).on('data', (bytes) => (line.heard += bytes));
      line.socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n');
      town.whenItEnds(() => line.socket.destroy());
      return line;
    });
    const served = () => lines.filter(({ heard }) => heard.includes('"ok"')).length;
    const closed = () => lines.filter(({ socket }) => socket.destroyed).length;
    await until(() => served() + closed() === lines.length, 'each to be served or closed');
    assert.deepEqual([served(), closed()], [MOST, 1]);
    assert.ok((await scraped(apart.rest)) instanceof Figures, 'another address is served');
    assert.match(town.servers[0].program.said(400), /127\.0\.0\.5 has 256 connections to METRICS_ADDR/);
  });

  test('answers until all else has ended', async (t) => {
    const apart = await aside();
    const town = await embedded(t, { ...apart.settings, DRAIN_SECONDS: '3' });
    const people = await Promise.all(['Ada', 'Bob', 'Eve'].map((name) => town.guest(name)));
    // A request whose body never ends keeps the house open for a while when everybody has gone.
    const slow = connect(town.servers[0].port, '127.0.0.1').on('error', () => {});
    town.whenItEnds(() => slow.destroy());
    slow.write('POST /api/auth/guest HTTP/1.1\r\nhost: belfry\r\ncontent-length: 9\r\n\r\n{');
    await town.guest('Last');
    const ended = town.stop();
    const told = async () => (await apart.rest.get('/ready')).body?.reason === 'draining';
    await until(told, 'the server to say that it goes away');
    const figures = await scraped(apart.rest);
    assert.equal(figures.value('belfry_ready'), 0);
    assert.ok(figures.value('belfry_sockets') > 0, 'it tells of those that are still here');
    // It is there as long as anything is: the last answer that tells of an empty house can only come after the drain.
    const empty = async () => (await scraped(apart.rest)).value('belfry_sockets') === 0;
    await until(empty, 'everybody to be gone');
    assert.deepEqual(await ended, { code: 0, signal: null });
    await assert.rejects(apart.rest.get('/health'));
    assert.equal(people.length, 3);
  });

  test('of a worker is METRICS_ADDR, or nowhere', overBackends, async (t) => {
    const apart = await aside();
    const town = await replicas(t, 1, { worker: 'apart', ownRedis: true });
    const isThere = (program) => () => program.said(400).includes('working');
    await until(isThere(town.worker), 'the worker to work', { seen: () => town.said() });
    assert.equal(await ports(town.worker.child.pid), 0, 'it listens to nobody');
    assert.equal(await ports(town.servers[0].program.child.pid), 1);

    const worker = town.runs(['worker'], apart.settings);
    const answers = (status) => async () => (await apart.rest.get('/ready').catch(() => ({}))).status === status;
    await until(answers(200), 'the worker to be ready', { seen: () => worker.said() });
    assert.equal(await ports(worker.child.pid), 1);
    assert.equal((await apart.rest.get('/health')).status, 200);
    const figures = await scraped(apart.rest);
    assert.ok(figures.value('belfry_worker_slots') > 0);
    assert.equal(figures.value('belfry_worker_slots_busy'), 0);

    await town.stopRedis();
    await until(answers(503), 'the worker to miss its queue', { seen: () => worker.said() });
    assert.deepEqual((await apart.rest.get('/ready')).body, { status: 'unavailable', reason: 'queue' });
    assert.equal((await apart.rest.get('/health')).status, 200, 'which does not kill it');
    const away = async () => (await scraped(apart.rest)).value('belfry_ready') === 0;
    await until(away, 'its figures to say so');
    await town.startRedis();
    await until(answers(200), 'the worker to be ready again', { seen: () => worker.said() });

    worker.signal('SIGTERM');
    assert.deepEqual(await worker.exit(), { code: 0, signal: null });
    await assert.rejects(apart.rest.get('/health'));
  });

  for (const [kind, args] of [
    ['server', ['serve']],
    ['worker', ['worker']],
  ]) {
    test(`of a ${kind} that is taken is one clear line`, async (t) => {
      const holder = await embedded(t);
      // It says so before it looks for anything else.
      const nobody = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };
      const town = await empty(t, { ...nobody, BIND_ADDR: '127.0.0.1:0' });
      const program = town.runs(args, { METRICS_ADDR: `127.0.0.1:${holder.servers[0].port}` });
      assert.deepEqual(await program.exit(), { code: 1, signal: null });
      assert.equal(program.errors.length, 1, program.said());
      assert.match(program.errors[0], /^belfry: METRICS_ADDR: 127\.0\.0\.1:\d+ cannot be listened on: /);
    });
  }
});
