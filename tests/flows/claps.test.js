// Claps: gathered before they are committed, and counted to the last one, however many clap at once and wherever they are.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { everywhere } from './support/everywhere.js';
import { agree } from './support/watcher.js';

const CLAPS_MAX = 50;
/** Milliseconds for which the claps of one message gather on a replica. */
const INTERVAL = 100;
/** People in one change, unless more than a thousand wait. */
const AT_ONCE = 100;

/** What the people's claps must add up to: `{ total, mine: Map }`. */
class Model {
  mine = new Map();

  claps(person, count = 1) {
    this.mine.set(person.id, Math.min(CLAPS_MAX, (this.mine.get(person.id) ?? 0) + count));
  }

  get total() {
    return [...this.mine.values()].reduce((sum, count) => sum + count, 0);
  }
}

/** The last count of each person that events have told. */
function toldOf(person, id) {
  const events = person.seen('message:clapped', { id });
  return new Map(events.flatMap(({ by }) => by.map(({ userId, count }) => [userId, count])));
}

/**
 * The events have told each person's count. Where a change comes before the one it follows, the server carries everybody by a history in
 * place of the events, and only the sum can be known.
 */
function tellsOfEach(watcher, person, message, counts) {
  if (watcher.unasked > 0) return;
  assert.deepEqual(byUser(toldOf(person, message.id)), byUser(counts));
}

const byUser = (counts) => [...counts].sort(([one], [other]) => (one < other ? -1 : 1));

everywhere((place) => {
  test('of one person stop at fifty', async () => {
    const [ada, bob] = await place.guests('Ada-claps', 'Bob-claps');
    await ada.joins('fifty');
    const watcher = await bob.stays('fifty');
    const message = await bob.says('fifty', 'applaud!');
    assert.deepEqual(await ada.claps(message), { total: 1, mine: 1 });
    assert.deepEqual(await ada.claps(message, 40), { total: 41, mine: 41 });
    assert.deepEqual(await bob.claps(message, 5), { total: 46, mine: 5 });
    assert.deepEqual(await ada.claps(message, 1_000_000_000), { total: 55, mine: 50 });
    await watcher.shows(message.id, (it) => it.claps.total === 55, '55 claps');
    const { rev } = watcher;
    assert.deepEqual(await ada.claps(message, 10), { total: 55, mine: 50 }, 'more changes nothing');
    assert.equal((await ada.says('fifty', 'fence')).rev, rev + 1);
    await watcher.reaches(rev + 1);
    watcher.isSound();
    tellsOfEach(watcher, bob, message, [
      [ada.id, 50],
      [bob.id, 5],
    ]);
  });

  test('without waiting add up, whichever device they come from', async () => {
    const [laptop] = await place.guests('Ada-devices');
    const phone = await laptop.again({ at: place.town.servers.length - 1 });
    await laptop.joins('adding');
    const message = await laptop.says('adding', 'applaud!');
    const claps = Array.from({ length: 30 }, (_, i) => (i % 2 ? laptop : phone).claps(message));
    const counts = (await Promise.all(claps)).map((one) => one.mine);
    assert.equal(Math.max(...counts), 30);
    assert.deepEqual(await laptop.claps(message, 2), { total: 32, mine: 32 });
  });

  test('of many people are counted to the last one, in few events', async () => {
    const people = await place.guests(...Array.from({ length: 24 }, (_, i) => `Clapper${i}`));
    const watchers = await Promise.all(people.map((person) => person.stays('many-clap')));
    const message = await people[0].says('many-clap', 'the best of all messages');
    const model = new Model();
    const started = Date.now();
    const final = await Promise.all(
      people.map(async (person, i) => {
        let last;
        for (let n = 0; n < 8; n++) {
          const count = 1 + ((i * 7 + n * 3) % 12);
          model.claps(person, count);
          last = await person.claps(message, count);
        }
        return last;
      }),
    );
    const took = Date.now() - started;
    for (const [i, { mine }] of final.entries()) assert.equal(mine, model.mine.get(people[i].id));
    for (const watcher of watchers) {
      await watcher.shows(message.id, (it) => it.claps.total === model.total, `${model.total} claps`);
    }
    agree(watchers);
    const events = people[1].seen('message:clapped', { id: message.id });
    tellsOfEach(watchers[1], people[1], message, model.mine);
    const allowed = place.town.servers.length * (Math.ceil(took / INTERVAL) + 1);
    assert.ok(events.length <= allowed, `${events.length} events in ${took} ms; ${allowed} at most`);
    const { body } = await people[2].rest.get('/api/rooms/many-clap/messages');
    assert.deepEqual(body.messages[0].claps, { total: model.total, mine: model.mine.get(people[2].id) });
  });

  test('of more people than one change holds come in several, first come first served', async () => {
    const many = AT_ONCE + 30;
    const people = await place.guests(...Array.from({ length: many }, (_, i) => `Crowd${i}`));
    const watcher = await people[0].stays('crowd');
    await Promise.all(people.slice(1).map((person) => person.joins('crowd')));
    const message = await people[0].says('crowd', 'a full house');
    const claps = await Promise.all(people.map((person) => person.claps(message)));
    for (const { mine } of claps) assert.equal(mine, 1);
    await watcher.shows(message.id, (it) => it.claps.total === many, `${many} claps`);
    const everybody = people.map(({ id }) => [id, 1]);
    tellsOfEach(watcher, people[0], message, everybody);
    const sizes = people[0].seen('message:clapped', { id: message.id }).map(({ by }) => by.length);
    for (const size of sizes) assert.ok(size <= AT_ONCE, `changes of ${sizes}`);
  });

  test('count for several messages at once', async () => {
    const [ada, bob] = await place.guests('Ada-both', 'Bob-both');
    await bob.joins('several');
    const watcher = await ada.stays('several');
    const messages = await Promise.all(['one', 'two', 'three'].map((text) => ada.says('several', text)));
    await Promise.all(messages.flatMap((message, i) => [ada.claps(message, i + 1), bob.claps(message, 10)]));
    for (const [i, message] of messages.entries()) {
      await watcher.shows(message.id, (it) => it.claps.total === i + 11, `${i + 11} claps for ${message.content}`);
    }
    watcher.isSound();
  });

  test('of those who may not clap are left out of the others’', async () => {
    const [ada, bob, stranger] = await place.guests('Ada-inside', 'Bob-inside', 'Stranger-claps');
    const watcher = await ada.stays('open-house');
    await bob.joins('open-house');
    const message = await ada.says('open-house', 'for members');
    const [mine, , refused] = await Promise.all([
      ada.claps(message, 2),
      bob.claps(message),
      stranger.tries('message:clap', { messageId: message.id, count: 5 }),
    ]);
    assert.equal(mine.mine, 2);
    assert.equal(refused.error?.code, 'forbidden');
    await watcher.shows(message.id, (it) => it.claps.total === 3, 'three claps');
    tellsOfEach(watcher, ada, message, [
      [ada.id, 2],
      [bob.id, 1],
    ]);
  });

  test('tell a stranger nothing of a private room, whoever claps beside them', async () => {
    const [ada, , stranger] = await place.guests('Ada-private', 'Bob-private', 'Stranger-private');
    const made = await ada.rest.post('/api/rooms', { name: 'Ours', visibility: 'private' });
    await ada.joins(made.body.id);
    const { id: messageId } = await ada.says(made.body.id, 'between us');
    const unknown = await stranger.isRefused('message:clap', { messageId: randomUUID() }, 'not_found');
    const beside = async (code) => {
      const [mine, theirs] = await Promise.all([
        ada.tries('message:clap', { messageId }),
        stranger.tries('message:clap', { messageId }),
      ]);
      assert.deepEqual(theirs.error, unknown);
      assert.equal(mine.error?.code, code);
    };
    await beside(undefined);
    await ada.deletes({ id: messageId });
    await beside('conflict');
  });

  test('are whole numbers above nought', async () => {
    const [ada] = await place.guests('Ada-numbers');
    await ada.joins('numbers');
    const { id: messageId } = await ada.says('numbers', 'applaud!');
    for (const count of [0, -5, 1.5, '1', [], {}, true, 1e300, -1e9]) {
      await ada.isRefused('message:clap', { messageId, count }, 'invalid_argument');
    }
    for (const argument of [null, 5, messageId, [], {}, { messageId: 5 }, { messageId: 'x' }, { count: 1 }]) {
      await ada.isRefused('message:clap', argument, 'invalid_argument');
    }
    assert.deepEqual(await ada.claps({ id: messageId }), { total: 1, mine: 1 });
  });
});
