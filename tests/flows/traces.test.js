// Traces and the log: the way of one message over two replicas and a worker, and what neither of the two ever says.

import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { overBackends, ownBackends } from './support/backends.js';
import { Collector } from './support/collector.js';
import { asks, hearsOf } from './support/jobs.js';
import { until } from './support/limits.js';
import { answered } from './support/rest.js';
import { embedded, empty, replicas } from './support/town.js';

describe('traces', { concurrency: 4 }, () => {
  test('one trace follows a message over two replicas and a worker', overBackends, async (t) => {
    const collector = await Collector.opens(t);
    const town = await replicas(t, 2, { worker: 'apart', settings: collector.settings });
    const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob', { at: 1 })];
    await ada.joins('lobby');
    await bob.joins('lobby');
    const message = await mentionsToldByTheBus(ada, bob);

    const sent = await collector.finds(
      (spans) => spans.find((one) => one.name === 'message:send' && one.attributes['belfry.message.id'] === message.id),
      'the span of the send',
    );
    const [here, there] = [sent.replica, await elsewhere(collector, sent)];
    const below = (parent, name, replica) => spanBelow(collector, parent, name, replica);
    assert.equal(sent.parent, '', 'nothing is above the send');

    await below(sent, 'wait', here);
    const commit = await below(sent, 'commit', here);
    assert.equal(commit.attributes['belfry.outcome'], 'committed');
    assert.equal(commit.attributes['belfry.message.id'], message.id);
    assert.ok(Number(commit.attributes['belfry.changes_together']) >= 1);
    const publish = await below(commit, 'publish', here);
    const deliveredHere = await below(commit, 'deliver', here);
    const deliveredThere = await below(publish, 'deliver', there);
    for (const delivery of [deliveredHere, deliveredThere]) {
      assert.equal(delivery.attributes['belfry.sockets'], '1', 'one span, with the number of sockets');
      assert.ok(delivery.start <= delivery.end);
    }

    const enqueue = await below(commit, 'enqueue', here);
    const job = await below(enqueue, 'message.enrich');
    assert.ok(![here, there].includes(job.replica), 'the worker has done the job');
    assert.equal(job.attributes['belfry.job.id'], enqueue.attributes['belfry.job.id']);
    const found = await below(job, 'commit', job.replica);
    const told = await below(found, 'publish', job.replica);
    await below(told, 'deliver', here);
    await below(told, 'deliver', there);

    const joined = await collector.finds(
      (spans) => spans.find((one) => one.name === 'join:room' && one.replica === there),
      'the span of the join',
    );
    await below(joined, 'history', there);
  });

  test('a job that is asked for has a trace of its own, which its request names', overBackends, async (t) => {
    const collector = await Collector.opens(t);
    const town = await replicas(t, 1, { worker: 'apart', settings: collector.settings });
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const job = await asks(ada, 'room.export', { roomId: 'lobby', format: 'json' });
    await hearsOf(ada, job);
    const request = await collector.finds(
      (spans) => spans.find((one) => one.name === 'POST /api/jobs'),
      'the span of the request',
    );
    assert.equal(request.attributes['http.response.status_code'], '202');
    assert.equal(request.attributes['belfry.job.id'], job.id);
    const asking = await collector.finds(
      (spans) => spans.find((one) => one.name === 'ask for a job'),
      'the span of the asking',
    );
    assert.equal(asking.trace, job.id.replaceAll('-', ''));
    assert.deepEqual(request.links, [{ trace: asking.trace, id: asking.id }]);
    assert.deepEqual(asking.links, [{ trace: request.trace, id: request.id }]);
    const run = await spanBelow(collector, asking, 'job');
    assert.notEqual(run.replica, asking.replica, 'the worker has done it');
    assert.equal(run.attributes['belfry.job.type'], 'room.export');
  });

  test('a caller says where a request belongs, and only the server key that it is recorded', async (t) => {
    const collector = await Collector.opens(t);
    const key = randomBytes(24).toString('hex');
    const town = await embedded(t, { ...collector.settings, OTEL_TRACES_SAMPLER_ARG: '0', SERVER_API_KEY: key });
    const ada = await town.guest('Ada');
    const traces = { stranger: randomBytes(16).toString('hex'), backend: randomBytes(16).toString('hex') };
    const parent = (trace) => ({ traceparent: `00-${trace}-00f067aa0ba902b7-01` });
    const get = (token, trace) =>
      fetch(`${town.address()}/api/rooms`, { headers: { authorization: `Bearer ${token}`, ...parent(trace) } });
    assert.equal((await get(ada.token, traces.stranger)).status, 200);
    // Whatever it is answered: it is the key that counts.
    await get(key, traces.backend);
    const span = await collector.finds(
      (spans) => spans.find((one) => one.trace === traces.backend),
      'the span of the backend’s request',
    );
    assert.equal(span.name, 'GET /api/rooms');
    assert.equal(span.parent, '00f067aa0ba902b7');
    await town.stop();
    assert.deepEqual(
      collector.spans.filter((one) => one.trace !== traces.backend),
      [],
      'nothing else is recorded',
    );
  });

  test('what there is at the end is sent before it', async (t) => {
    const collector = await Collector.opens(t);
    const town = await embedded(t, collector.settings);
    const ada = await town.guest('Ada');
    await ada.joins('lobby');
    const message = await ada.says('lobby', 'the last word');
    assert.equal((await town.stop()).code, 0);
    const last = (one) => one.name === 'message:send' && one.attributes['belfry.message.id'] === message.id;
    assert.ok(collector.spans.some(last), collector.saw());
  });

  for (const [kind, answers] of [
    ['hangs', () => {}],
    ['refuses', (_, response) => response.writeHead(503).end()],
    ['is not there', undefined],
  ]) {
    test(`a collector that ${kind} holds nothing up, and is said once`, async (t) => {
      const collector = await Collector.opens(t);
      collector.answers = answers;
      const { settings } = collector;
      if (!answers) await collector.closes();
      const town = await embedded(t, { ...settings, MESSAGES_PER_SECOND: '100000' });
      const ada = await town.guest('Ada');
      await ada.joins('lobby');
      const said = () => town.servers[0].program.errors.filter((line) => line.includes('traces cannot be sent'));
      // More than may wait to be sent.
      for (let round = 0; round < 20; round++) {
        await Promise.all(Array.from({ length: 100 }, (_, i) => ada.says('lobby', `${round} ${i}`)));
      }
      if (answers) await collector.isAsked();
      await until(() => said().length > 0, 'the log says that the collector is away', { seen: () => town.said() });
      await ada.says('lobby', 'still here');
      assert.equal((await town.stop()).code, 0);
      assert.equal(said().length, 1, said().join('\n'));
    });
  }
});

describe('the log', { concurrency: 4 }, () => {
  test('lines for collectors say which replica wrote them, and of what', async (t) => {
    const town = await embedded(t, { LOG_FORMAT: 'json', RUST_LOG: 'belfry=debug' });
    const ada = await town.guest('Ada');
    await ada.isRefused('message:edit', { messageId: 'what', content: 'x' }, 'invalid_argument');
    const lines = () => town.servers[0].program.errors.map((line) => JSON.parse(line));
    const line = await until(
      () => lines().find(({ fields }) => fields.message === 'an event has failed'),
      'a line about the event',
      { seen: () => town.said() },
    );
    assert.match(line.trace_id, /^[0-9a-f]{32}$/, 'with ids, although nothing is sent anywhere');
    assert.match(line.span_id, /^[0-9a-f]{16}$/);
    assert.equal(line.fields.code, 'invalid_argument');
    const replicas = new Set(lines().map(({ replica }) => replica));
    assert.equal(replicas.size, 1);
    assert.match([...replicas][0], /^[0-9a-f-]{36}$/);
  });

  const libraries = ['tungstenite', 'reqwest', 'hyper_util', 'sqlx', 'sqlx_postgres', 'redis', 'rustls'];
  const wishes = {
    'all of it is wanted': 'trace',
    'libraries are wanted by name': [
      'trace',
      ...libraries.map((name) => `${name}=trace`),
      'tungstenite::protocol=trace',
      'tungstenite::protocol::frame=trace',
      'tungstenite::handshake::client=trace',
    ].join(),
  };
  const discreet = (wish) => async (t) => {
    const collector = await Collector.opens(t);
    const settings = { ...collector.settings, RUST_LOG: wish, LOG_FORMAT: 'json', SERVER_API_KEY: secret() };
    const town = await empty(t, settings);
    const { log, programs } = await opensListenedTo(town);

    const password = secret();
    const [name, nobody] = [`zoe${secret()}`, `nil${secret()}`];
    const registered = answered(await town.rest().post('/api/auth/register', { username: name, password }), 201);
    const session = answered(await town.rest().post('/api/auth/login', { username: name, password }), 200);
    await town.rest().post('/api/auth/login', { username: nobody, password: `${password}wrong` });
    const zoe = await town.connected({ user: session.user, token: session.accessToken });
    const eve = await town.guest(`eve${secret()}`, { at: 1, via: 'polling' });
    await zoe.joins('lobby');
    await eve.joins('lobby');
    const [content, edited, unread] = [secret(), secret(), secret()];
    const message = await zoe.says('lobby', `${content} @${eve.name}`);
    await eve.sees('message:updated', { id: message.id });
    await zoe.edits(message, edited);
    await zoe.tries('message:send', { roomId: 'lobby', content: { [unread]: unread } });
    await zoe.tries(`what:${unread}`, { content: unread });
    const rest = zoe.rest;
    await rest.get('/api/rooms/lobby/messages');
    const [attic, somebody] = [`attic${secret()}`, secret()];
    await rest.get(`/api/rooms/${attic}/messages`);
    await rest.get(`/api/users/${somebody}`);
    await rest.post('/api/rooms/lobby/messages', { content: unread });
    await rest.get(`/api/users?search=${unread}`);
    await rest.postRaw('/api/jobs', `{"type": "${unread}", `);
    answered(
      await town.rest(0, session.accessToken).post('/api/auth/refresh', { refreshToken: session.refreshToken }),
      200,
    );
    await town.rest().post('/api/publish', { key: 'wrong' });
    await town
      .rest(0, settings.SERVER_API_KEY)
      .post('/api/publish', { event: 'x:y', userId: zoe.id, data: { unread } });
    await collector.finds((spans) => spans.some((one) => one.name === 'message.enrich'), 'the spans of the worker');
    for (const program of programs) program.signal('SIGTERM');
    await Promise.all(programs.map((program) => program.exit()));

    const secrets = {
      password,
      content,
      edited,
      unread,
      'a name': name,
      'a name that nobody has': nobody,
      'a guest’s name': eve.name,
      'the id of a room that is asked for': attic,
      'the id of a person that is asked for': somebody,
      'an access token': session.accessToken,
      'a refresh token': session.refreshToken,
      'a first refresh token': registered.refreshToken,
      'a guest’s token': eve.token,
      'the secret of tokens': town.secret,
      'the key of the server': settings.SERVER_API_KEY,
    };
    const said = log.join('');
    assert.match(said, /"level":"DEBUG"/, 'it was talkative');
    const told = collector.bodies.map((body) => body.toString('latin1'));
    for (const [what, secret] of Object.entries(secrets)) {
      assert.deepEqual(
        said
          .split('\n')
          .filter((line) => line.includes(secret))
          .slice(0, 5),
        [],
        `the log holds ${what}`,
      );
      assert.ok(!told.some((body) => body.includes(secret)), `a trace holds ${what}`);
    }
  };
  for (const [how, wish] of Object.entries(wishes)) {
    test(`neither the log nor a trace holds what people say, or who they are: ${how}`, overBackends, discreet(wish));
  }
});

/**
 * A message with a mention, whose changes came to both as news. The bus may lose some, and on a busy machine the comparison with the store may be
 * sooner than it: then a history tells of the change, which is right, and the next message is tried.
 */
async function mentionsToldByTheBus(one, other) {
  for (let tries = 1; ; tries++) {
    const message = await one.says('lobby', `hello @${other.name}, ${tries}`);
    const told = ['message:new', 'message:updated'].flatMap((event) =>
      [one, other].map((person) => person.sees(event, { id: message.id }, { limit: 5_000 })),
    );
    const outcomes = await Promise.allSettled(told);
    const lost = outcomes.find(({ status }) => status === 'rejected');
    if (!lost) return message;
    if (tries === 5) throw lost.reason;
  }
}

/** Opens two replicas and a worker; `log` gets all that they write, from the start. */
async function opensListenedTo(town) {
  const backends = await ownBackends();
  town.whenItEnds(() => backends.remove());
  Object.assign(town.settings, backends.settings);
  const [log, programs] = [[], []];
  const runs = town.runs.bind(town);
  town.runs = (...how) => {
    const program = runs(...how);
    programs.push(program);
    for (const stream of [program.child.stdout, program.child.stderr]) stream.on('data', (text) => log.push(text));
    return program;
  };
  await town.opens(2, ['--no-worker']);
  town.runs(['worker']);
  return { log, programs };
}

/** A text that nothing else has. */
function secret() {
  return randomUUID().replaceAll('-', '').slice(0, 20);
}

/** The replica that is not the span's, of those that have delivered in its trace. */
async function elsewhere(collector, { trace, replica }) {
  const other = await collector.finds(
    (spans) => spans.find((one) => one.trace === trace && one.name === 'deliver' && one.replica !== replica),
    'a delivery on another replica',
  );
  return other.replica;
}

/** The span of that name right below another one, in the same trace. */
function spanBelow(collector, parent, name, replica) {
  const fits = (one) =>
    one.trace === parent.trace &&
    one.parent === parent.id &&
    one.name === name &&
    (replica === undefined || one.replica === replica);
  return collector.finds((spans) => spans.find(fits), `\`${name}\` below \`${parent.name}\` of trace ${parent.trace}`);
}
