// The database fails while people clap: their change is asked for again, and counts once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { replicas, unhurried } from './support/town.js';

/** A client of the database in which a town keeps everything, by its own name or `postgres`. */
async function databaseOf(town, name) {
  const url = new URL(town.settings.DATABASE_URL);
  const own = url.pathname.slice(1);
  if (name) url.pathname = `/${name}`;
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  return { client, own };
}

/** Breaks all connections to the town's database, again and again, while `busy` lasts; resolves with how many it were. */
async function breaks(town, busy) {
  let over = false;
  busy.finally(() => (over = true)).catch(() => {});
  const { client, own } = await databaseOf(town, 'postgres');
  let broken = 0;
  while (!over) {
    await pause(150);
    const { rowCount } = await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%commit_changes%'",
      [own],
    );
    broken += rowCount;
  }
  await client.end();
  return broken;
}

test('every clap counts once, though connections to the database break', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried });
  const people = await Promise.all(Array.from({ length: 10 }, (_, i) => town.guest(`Clapper${i}`, { at: i % 2 })));
  for (const person of people) await person.joins('breaking');
  const message = await people[0].says('breaking', 'whatever happens');
  const [counted, uncertain] = [new Map(), new Map()];
  const add = (counts, person) => counts.set(person.id, (counts.get(person.id) ?? 0) + 1);
  const clapping = Promise.all(
    people.map(async (person) => {
      for (let n = 0; n < 15; n++) {
        const ack = await person.tries('message:clap', { messageId: message.id });
        if (!ack.ok) assert.equal(ack.error.code, 'unavailable');
        add(ack.ok ? counted : uncertain, person);
      }
    }),
  );
  const broken = await breaks(town, clapping);
  await clapping;
  assert.ok(broken > 0, 'no connection was broken, so nothing was shown');
  for (const person of people) {
    const { body } = await person.rest.get('/api/rooms/breaking/messages');
    const { mine } = body.messages[0].claps;
    const [least, most] = [counted.get(person.id), counted.get(person.id) + (uncertain.get(person.id) ?? 0)];
    assert.ok(least <= mine && mine <= most, `${person.name} has ${mine} claps of ${least} to ${most}`);
  }
  const sum = (counts) => [...counts.values()].reduce((all, one) => all + one, 0);
  assert.ok(sum(counted) > sum(uncertain), `${sum(uncertain)} of 150 claps ended in uncertainty`);
});

test('claps wait for a room that somebody else holds longer than a commit may wait', overBackends, async (t) => {
  const town = await replicas(t, 1, { settings: unhurried });
  const [ada, bob] = [await town.guest('Ada'), await town.guest('Bob')];
  for (const person of [ada, bob]) await person.joins('held');
  const message = await ada.says('held', 'hold on');
  const { client } = await databaseOf(town);
  await client.query('BEGIN');
  await client.query("SELECT FROM rooms WHERE id = 'held' FOR UPDATE");
  const claps = Promise.all([ada.claps(message, 2), bob.claps(message, 3)]);
  // The commit gives up; the claps do not.
  const gaveUp = async () => /^belfry_commit_failures_total [1-9]/m.test((await town.rest().get('/metrics')).text);
  await until(gaveUp, 'a commit that gives up');
  await client.query('ROLLBACK');
  await client.end();
  assert.deepEqual(await claps, [
    { total: 5, mine: 2 },
    { total: 5, mine: 3 },
  ]);
});
