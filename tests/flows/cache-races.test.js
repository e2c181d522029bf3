// Recent messages are read through the cache while they change at both replicas: what is read is the room as it was at that revision.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overBackends } from './support/backends.js';
import { Chance, seed } from './support/chance.js';
import { replicas, unhurried } from './support/town.js';
import { agree, broadcast } from './support/watcher.js';

const ACTS = 60;

test(`whoever reads a history gets the room as it was at its revision (SEED=${seed})`, overBackends, async (t) => {
  const town = await replicas(t, 2, { settings: unhurried, ownRedis: true });
  const people = await Promise.all(['Ada', 'Bob', 'Cy', 'Dan'].map((name, i) => town.guest(name, { at: i % 2 })));
  const witness = await town.guest('Witness', { at: 0 });
  const watcher = witness.watches('square');
  // Revision -> the room's newest messages as they were then, without what is the reader's own.
  const past = new Map();
  witness.follow(() => {
    if (watcher.rev !== undefined && !past.has(watcher.rev)) past.set(watcher.rev, watcher.list);
  });
  await witness.stays('square');
  for (const person of people) await person.joins('square');

  const said = [];
  const acts = people.map(async (person, i) => {
    const chance = new Chance(i);
    const own = [];
    for (let n = 0; n < ACTS; n++) {
      const what = chance.weighted({ say: 4, edit: 2, clap: 2, react: 1, delete: 1 });
      if (what === 'say' || own.length === 0) {
        const message = await person.says('square', `${person.name} ${n}`);
        own.push(message);
        said.push(message);
      } else if (what === 'edit') await person.edits(chance.oneOf(own), `${person.name} ${n} edited`);
      else if (what === 'delete') await person.deletes(own.splice(chance.between(0, own.length - 1), 1)[0]);
      else if (what === 'clap') await person.tries('message:clap', { messageId: chance.oneOf(said).id });
      else await person.tries('message:react', { messageId: chance.oneOf(said).id, emoji: '🔔', on: true });
    }
  });
  let going = true;
  const pages = [];
  const reads = people.map(async (person, i) => {
    const chance = new Chance(100 + i);
    while (going) {
      if (chance.between(0, 9) === 0) await town.redis.forgetsRecent();
      const limit = chance.oneOf([5, 50, 100]);
      const known = watcher.rev;
      const { status, body } = await person.rest.get(`/api/rooms/square/messages?limit=${limit}`);
      assert.equal(status, 200);
      assert.ok(body.rev >= known, `a page of rev ${body.rev}, when rev ${known} had been told`);
      pages.push({ limit, ...body });
    }
  });
  await Promise.all(acts);
  going = false;
  await Promise.all(reads);
  const { body: last } = await witness.rest.get('/api/rooms/square/messages?limit=100');
  await watcher.reaches(last.rev);
  agree([watcher]);
  let compared = 0;
  for (const { limit, rev, messages } of [...pages, { limit: 100, ...last }]) {
    // A history that closed a hole carries the witness over several revisions at once.
    if (!past.has(rev)) continue;
    compared += 1;
    assert.deepEqual(messages.map(broadcast), past.get(rev).slice(-limit), `a page of ${limit} at rev ${rev}`);
  }
  assert.ok(compared >= Math.min(50, pages.length / 10), `${compared} of ${pages.length} pages could be compared`);

  // The figures tell how much of this the cache has answered.
  const figures = await Promise.all([0, 1].map((place) => counted(town, place)));
  const sum = (name) => figures.reduce((total, one) => total + one(name), 0);
  const outcomes = ['hit', 'behind', 'miss', 'unanswered'];
  const count = outcomes.reduce((total, one) => total + sum(`reads{outcome="${one}"}`), 0);
  assert.ok(count >= pages.length, `${count} reads were counted for ${pages.length} pages`);
  for (const name of ['reads{outcome="hit"}', 'reads{outcome="miss"}', 'fills{outcome="done"}'])
    assert.ok(sum(name) > 0, `no ${name}`);
  const before = sum('reads{outcome="hit"}');
  for (let i = 0; i < 3; i++) await witness.rest.get('/api/rooms/square/messages');
  const now = await counted(town, 0);
  const at1 = figures[1]('reads{outcome="hit"}');
  assert.ok(now('reads{outcome="hit"}') + at1 >= before + 2, 'reads of a quiet room are hits');
});

/** The cache's figures of one server, by what follows `belfry_cache_`. */
async function counted(town, place) {
  const { text } = await town.rest(place).get('/metrics');
  return (name) => {
    const [series, labels] = name.split('{');
    const line = text.split('\n').find((one) => one.startsWith(`belfry_cache_${series}_total{${labels} `));
    assert.ok(line, `no figure ${name}`);
    return Number(line.split(' ').at(-1));
  };
}
