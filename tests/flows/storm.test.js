// A replica dies with all its clients, and they come to another at once: what that asks of the store and of Redis goes with the
// rooms, and not with the people.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { overBackends } from './support/backends.js';
import { until } from './support/limits.js';
import { replicas, unhurried } from './support/town.js';

const PEOPLE = 300;
/** Accounts that are made at once: to be made takes more than to come back. */
const AT_ONCE = 25;
const ROOMS = 5;
const MESSAGES = 40;

test('a storm of reconnects costs the store a few questions a room', overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
  const rooms = Array.from({ length: ROOMS }, (_, i) => `room-${i}`);
  const host = await town.citizen('Host', { at: 1 });
  for (const room of rooms) await host.joins(room);
  const people = [];
  while (people.length < PEOPLE) {
    const newcomers = Array.from({ length: AT_ONCE }, (_, i) => `Guest${people.length + i}`);
    people.push(...(await Promise.all(newcomers.map((name) => town.citizen(name, { at: 0 })))));
  }
  await Promise.all(people.map((person) => Promise.all(rooms.map((room) => person.joins(room)))));
  for (const room of rooms) {
    const said = await Promise.all(Array.from({ length: MESSAGES }, (_, n) => host.says(room, `${n}`)));
    // Somebody's own under what is said: histories differ by reader.
    await host.claps(said[0], 3);
  }
  const revs = await Promise.all(rooms.map(async (room) => (await host.looksAt(room)).rev));
  await host.goes();
  await town.kill(0);
  const back = await Promise.all(people.map((person) => person.again({ at: 1 })));
  const before = await costs(town);
  const begun = Date.now();
  // Every other one resumes, each from where they had been carried to; the rest begin anew.
  const comesBack = async (person, room, place) => {
    const last = revs[rooms.indexOf(room)];
    const since = place % 2 ? undefined : last - (place % MESSAGES);
    const { rev } = await person.joins(room, { since });
    const [history] = person.seen('room:history', { roomId: room });
    assert.equal(rev, last);
    assert.equal(history.mode, since === undefined ? 'page' : 'delta');
    const known = history.messages.filter((message) => message.rev <= since);
    assert.deepEqual(known, [], 'nothing that was known');
  };
  await Promise.all(back.map((person, i) => Promise.all(rooms.map((room, n) => comesBack(person, room, i + n)))));
  const seconds = (Date.now() - begun) / 1000;
  const after = await costs(town);
  const [statements, scripts] = [after.statements - before.statements, after.scripts - before.scripts];
  t.diagnostic(`${PEOPLE * ROOMS} joins in ${seconds} s: ${statements} statements, ${scripts} scripts of Redis`);
  // One by one it would be several for each join. How few it is depends on how much comes while one question is under way, which a
  // busy machine makes less of; beside that is what goes on in any case, each second.
  const most = (PEOPLE * ROOMS) / 4 + Math.ceil((after.at - before.at) / 1000) * 15;
  assert.ok(statements <= most, `${statements} statements for ${PEOPLE * ROOMS} joins in ${ROOMS} rooms, not ${most}`);
  assert.ok(scripts <= most, `${scripts} scripts for ${PEOPLE * ROOMS} joins in ${ROOMS} rooms, not ${most}`);
});

/** What has been asked of the store and of Redis so far. */
async function costs(town) {
  const [statements, scripts] = [await statementsOf(town), await scriptsOf(town)];
  return { statements, scripts, at: Date.now() };
}

/** Transactions of the town's database so far: outside of commits each is one statement. */
async function statementsOf(town) {
  const client = new pg.Client({ connectionString: town.settings.DATABASE_URL });
  await client.connect();
  try {
    const read = async () => {
      await client.query('SELECT pg_stat_clear_snapshot()');
      const { rows } = await client.query(
        'SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()',
      );
      return Number(rows[0].count);
    };
    // Backends tell what they have done with a delay of up to a second: it is all there when it stands still but for ourselves.
    let [before, quiet] = [await read(), 0];
    await until(async () => {
      await new Promise((passed) => setTimeout(passed, 500));
      const now = await read();
      quiet = now - before < 8 ? quiet + 1 : 0;
      before = now;
      return quiet >= 3;
    }, 'the counts of the store to settle');
    return before;
  } finally {
    await client.end();
  }
}

async function scriptsOf(town) {
  const stats = await town.redis.info('commandstats');
  const of = (name) => Number(new RegExp(`^cmdstat_${name}:calls=(\\d+)`, 'm').exec(stats)?.[1] ?? 0);
  return of('evalsha') + of('eval');
}
