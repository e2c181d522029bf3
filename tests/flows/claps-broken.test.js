// Connections to the database break while people clap: what was counted is asked for again, and counts once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { overBackends } from './support/backends.js';
import { replicas, unhurried } from './support/town.js';

/** Breaks all connections to the town's database, again and again, while `busy` lasts; resolves with how many it were. */
async function breaks(town, busy) {
  let over = false;
  busy.finally(() => (over = true)).catch(() => {});
  const url = new URL(town.settings.DATABASE_URL);
  const database = url.pathname.slice(1);
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  let broken = 0;
  while (!over) {
    await pause(150);
    const { rowCount } = await client.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND query LIKE '%commit_changes%'",
      [database],
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
