// Postgres is away: sends are refused in time and nothing is acknowledged that is not kept; everything else goes on, and then all of it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { answered } from './support/rest.js';
import { replicas, unhurried } from './support/town.js';
import { agree } from './support/watcher.js';

/** The contract says 3 s; the rest is for a busy machine. */
const IN_TIME = 8_000;

const outages = {
  'does not answer': [(town) => town.postgres.freeze(), (town) => town.postgres.thaw()],
  'has crashed': [(town) => town.postgres.crash(), (town) => town.postgres.start()],
  'is behind a network that swallows everything': [
    (town) => networks(town, (network) => network.blackholes()),
    (town) => networks(town, (network) => network.passes()),
  ],
  'is behind a network that takes too long': [
    (town) => networks(town, (network) => network.delays(20_000)),
    (town) => networks(town, (network) => network.passes()),
  ],
  'is behind a network that resets and refuses connections': [
    (town) => networks(town, (network) => network.refuses()),
    (town) => networks(town, (network) => network.passes()),
  ],
};

for (const [what, [breaks, mends]] of Object.entries(outages)) {
  test(
    `while Postgres ${what}, nobody is sent away and nothing is promised; then all goes on`,
    overBackends,
    async (t) => {
      const town = await replicas(t, 2, { settings: unhurried, ownPostgres: true, proxies: true });
      const ada = await town.guest('Ada', { at: 0 });
      const bob = await town.guest('Bob', { at: 1, reconnects: true });
      const mallory = await town.guest('Mallory', { at: 1 });
      await ada.opens('den', { visibility: 'private' });
      await ada.adds(bob, 'den');
      const watchers = [await ada.stays('den'), await bob.stays('den')];
      const before = await ada.says('den', 'before');
      await watchers[1].has([before.id]);
      // The worker has found nothing in it, and is done.
      await until(async () => (await town.postgres.asks('SELECT FROM jobs')).length === 0, 'the job to be done');

      await breaks(town);

      const asked = [ada, bob, ada, bob].map((person, i) => ({
        person,
        content: `meanwhile ${i}`,
        clientId: randomUUID(),
      }));
      const tries = asked.map(async ({ person, ...message }) => {
        const began = Date.now();
        await person.isRefused('message:send', { roomId: 'den', ...message }, 'unavailable');
        assert.ok(Date.now() - began < IN_TIME, `${message.content} was refused after ${Date.now() - began} ms`);
      });
      await Promise.all(tries);
      const overRest = { content: 'over REST', clientId: randomUUID() };
      const refused = await ada.rest.post('/api/rooms/den/messages', overRest);
      assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);

      // Who is there, and what they are up to, needs no database.
      await ada.startsTyping('den');
      await bob.sees('typing:user', { userId: ada.id });
      await ada.does('presence:update', 'busy');
      await bob.sees('presence:changed', { userId: ada.id, status: 'busy' });

      // What was said lately is told to members, also to one who comes back or comes with another device; to nobody else.
      const page = answered(await bob.rest.get('/api/rooms/den/messages'), 200);
      assert.deepEqual(page.messages.at(-1), watchers[1].messages.get(before.id) ?? page);
      await bob.losesConnection();
      await bob.sees('room:history', { mode: 'delta' }, { from: bob.journal.length });
      const other = await bob.again();
      const seen = other.watches('den');
      await other.joins('den');
      assert.equal(seen.messages.has(before.id), true);
      for (const path of ['/api/rooms/den/messages', '/api/rooms/den'])
        assert.equal((await mallory.rest.get(path)).status, 503, path);
      await mallory.isRefused('join:room', 'den', 'unavailable');

      for (const place of [0, 1]) {
        const { status, body } = await town.rest(place).get('/ready');
        assert.deepEqual([status, body.reason], [503, 'database']);
        assert.equal((await town.rest(place).get('/health')).status, 200);
      }

      await mends(town);

      const began = Date.now();
      for (const { person, content, clientId } of asked) await person.insistsOn('den', content, clientId);
      // Some 2 s, where nothing else is to be done; the rest is for a busy machine.
      assert.ok(Date.now() - began < 15_000, `sends went on ${Date.now() - began} ms after the return`);
      answered(await ada.rest.post('/api/rooms/den/messages', overRest), 201);
      const contents = ['before', ...asked.map((one) => one.content), 'over REST'].sort();
      for (const watcher of [...watchers, seen]) {
        await until(() => watcher.list.length === contents.length, `${contents.length} messages`, {
          seen: () => watcher.told(),
        });
        assert.deepEqual(watcher.list.map((message) => message.content).sort(), contents, 'each once');
      }
      agree([...watchers, seen]);
      await mallory.isRefused('join:room', 'den', 'not_found');
      assert.equal(ada.journal.filter((entry) => entry.kind === 'cut').length, 0, 'a socket was cut');
      for (const { program } of town.servers) {
        assert.equal(said(program, /Postgres is away/).length, 1, program.said(100));
        assert.equal(said(program, /Postgres is back/).length, 1, program.said(100));
        // A line a connection where the server says goodbye, and not a line a request.
        const others = said(program, /WARN|ERROR/).filter((line) => !line.includes('terminating connection'));
        assert.ok(others.length <= 4, others.join('\n'));
      }
    },
  );
}

test('backends that are terminated under load cost no message and double none', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried, ownPostgres: true });
  const people = await Promise.all([0, 1, 0, 1].map((at, i) => town.guest(`Guest${i}`, { at })));
  const watchers = await Promise.all(people.map((person) => person.stays('square')));
  const sending = people.map(async (person, who) => {
    const sent = [];
    for (let i = 0; i < 40; i++) sent.push(await person.insistsOn('square', `${who} says ${i}`));
    return sent;
  });
  let ended = 0;
  for (const rev of [20, 50, 80, 110]) {
    await watchers[0].reaches(rev);
    ended += await town.postgres.terminateBackends();
  }
  assert.ok(ended > 0, 'nobody was connected');
  const ids = (await Promise.all(sending)).flat().map((message) => message.id);
  await Promise.all(watchers.map((watcher) => watcher.has(ids)));
  await Promise.all(watchers.map((watcher) => until(() => watcher.rev === watchers[0].rev, 'the same revision')));
  agree(watchers);
  const rows = await town.postgres.asks("SELECT seq FROM messages WHERE room_id = 'square' ORDER BY seq");
  assert.deepEqual(
    rows.map((row) => Number(row.seq)),
    Array.from({ length: 160 }, (_, i) => i + 1),
  );
});

test(
  'a connection that is lost right after the commit costs nobody anything, and counts nothing twice',
  overBackends,
  async (t) => {
    const town = await replicas(t, 2, { settings: unhurried, proxies: true });
    const ada = await town.guest('Ada', { at: 0 });
    const bob = await town.guest('Bob', { at: 1 });
    const watchers = [await ada.stays('hall'), await bob.stays('hall')];
    const { toPostgres } = town.servers[0];
    const loses = (text) => toPostgres.losesAnswer({ request: (bytes) => bytes.includes(text) });

    let lost = loses('a first word');
    const message = await ada.says('hall', 'a first word');
    await lost;
    lost = loses('another word');
    await ada.edits(message, 'another word');
    await lost;
    lost = loses(message.id);
    assert.deepEqual(await ada.claps(message, 3), { total: 3, mine: 3 });
    await lost;

    // Now nobody can ask again: whether it is done is not known, until it is sent again.
    const clientId = randomUUID();
    lost = loses('the last word');
    const unknown = ada.isRefused(
      'message:send',
      { roomId: 'hall', content: 'the last word', clientId },
      'unavailable',
    );
    await lost;
    await toPostgres.refuses();
    await unknown;
    const kept = await bob.hears('the last word');
    await toPostgres.passes();
    const again = await ada.insistsOn('hall', 'the last word', clientId);
    assert.equal(again.id, kept.id);
    await Promise.all(watchers.map((watcher) => watcher.has([message.id, kept.id])));
    const { rev } = await ada.looksAt('hall');
    await Promise.all(watchers.map((watcher) => watcher.reaches(rev)));
    agree(watchers);
    assert.deepEqual(
      watchers[1].list.map((one) => [one.content, one.claps.total]),
      [
        ['another word', 3],
        ['the last word', 0],
      ],
    );
  },
);

function networks(town, change) {
  return Promise.all(town.servers.map((server) => change(server.toPostgres)));
}

function said(program, pattern) {
  return [...program.output, ...program.errors].filter((line) => pattern.test(line));
}
