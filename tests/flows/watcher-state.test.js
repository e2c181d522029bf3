// Whatever is changed in a room, by whomever and through whichever replica, and however often a watcher's connection is lost: what the
// watcher knows from events and resumes alone is what a fresh look shows, and no revision was skipped or told twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Chance, seed } from './support/chance.js';
import { everywhere } from './support/everywhere.js';
import { agree, broadcast, described } from './support/watcher.js';

const ROOM = 'changing';
const ACTORS = 5;
const WATCHERS = 4;
const STEPS = 80;
/** The most milliseconds between two of them. */
const PAUSE = 120;
/** Changes of one person that may be under way at once. */
const AT_ONCE = 4;
const EMOJI = ['👍', '🦀', '🎉', '❤️', ':shipit:'];
const CLAPS_MAX = 50;

/** Somebody who changes things at random. What is said and done is noted for all in `world`. */
class Actor {
  constructor(person, place, world) {
    Object.assign(this, { person, world, chance: new Chance(place), isOwner: place === 0 });
  }

  async acts() {
    const underway = new Set();
    for (let step = 0; step < STEPS; step++) {
      await pause(this.chance.between(0, PAUSE));
      const act = this.act(step).finally(() => underway.delete(act));
      underway.add(act);
      if (underway.size >= AT_ONCE) await Promise.race(underway);
    }
    await Promise.all(underway);
  }

  async act(step) {
    const { person, chance, world } = this;
    const weights = { says: 5, edits: 3, deletes: 1, claps: 4, reacts: 4, ...(this.isOwner && { changes: 3 }) };
    const what = chance.weighted(weights);
    const text = `${what} ${step} ${chance.oneOf(['', `@${chance.oneOf(world.names)}`, 'https://example.org/page'])}`;
    const own = world.said.filter((message) => message.userId === person.id);
    const message = chance.oneOf(what === 'edits' || (what === 'deletes' && !this.isOwner) ? own : world.said);
    const [count, emoji, on] = [chance.between(1, 20), chance.oneOf(EMOJI), chance.next() < 0.7];
    const change = chance.oneOf([
      { name: `Room ${step}` },
      { topic: chance.oneOf([`About ${step}`, null]) },
      { visibility: chance.oneOf(['public', 'private']) },
    ]);
    if (what === 'changes') {
      const answer = await person.rest.patch(`/api/rooms/${ROOM}`, change);
      assert.equal(answer.status, 200, answer.text);
    } else if (what === 'says' || !message) {
      const answered = world.said.length > 0 && chance.next() < 0.3 ? chance.oneOf(world.said).id : undefined;
      world.said.push(await person.says(ROOM, text, { replyTo: answered }));
    } else {
      const messageId = message.id;
      const acts = {
        edits: ['message:edit', { messageId, content: text }],
        deletes: ['message:delete', { messageId }],
        claps: ['message:clap', { messageId, count }],
        reacts: ['message:react', { messageId, emoji, on }],
      };
      const ack = await person.tries(...acts[what]);
      // Somebody may have deleted it; nothing else is in the way.
      if (!ack.ok) assert.equal(ack.error.code, 'conflict', JSON.stringify(ack));
      else if (what === 'claps') world.clapped(messageId, person.id, count);
    }
  }
}

/** What all have done, as their acknowledgements say. */
class World {
  said = [];
  #claps = new Map();

  clapped(messageId, userId, count) {
    const by = this.#claps.get(messageId) ?? new Map();
    by.set(userId, Math.min(CLAPS_MAX, (by.get(userId) ?? 0) + count));
    this.#claps.set(messageId, by);
  }

  claps(messageId) {
    return [...(this.#claps.get(messageId)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }
}

/** Loses the connections of watchers at random until `busy` is over. */
async function cuts(people, busy) {
  const chance = new Chance(1_000);
  let over = false;
  busy.finally(() => (over = true)).catch(() => {});
  while (!over) {
    await pause(chance.between(20, 300));
    const person = chance.oneOf(people);
    if (!person.socket.connected) continue;
    if (chance.next() < 0.8) await person.losesConnection();
    else {
      person.goes();
      await pause(chance.between(100, 1_000));
      person.socket.connect();
    }
  }
}

/** The room in one look, at a revision at which all watchers stand and after which the worker has no more to find. */
async function freshLook(person, watchers, actors) {
  const ids = new Map(actors.map(({ name, id }) => [name, id]));
  const named = (content) => new Set([...content.matchAll(/@(Actor\d+)/g)].map(([, name]) => ids.get(name)));
  const isRead = ({ content, mentions, deletedAt }) => deletedAt || mentions.length === named(content).size;
  for (;;) {
    const { body } = await person.rest.get(`/api/rooms/${ROOM}/changes?since=0`);
    assert.equal(body.mode, 'delta', 'the story outgrew one delta');
    const room = await person.rest.get(`/api/rooms/${ROOM}`);
    await Promise.all(watchers.map((watcher) => watcher.reaches(body.rev)));
    const settled = watchers.every((watcher) => watcher.rev === body.rev) && room.body.rev === body.rev;
    if (settled && body.messages.every(isRead)) return { ...body, room: described(room.body) };
  }
}

everywhere((place) => {
  test(`a watcher ends with what a fresh look shows, whatever happens (SEED=${seed})`, async () => {
    const world = new World();
    const actors = await place.guests(...Array.from({ length: ACTORS }, (_, i) => `Actor${i}`));
    world.names = actors.map((person) => person.name);
    // The first one makes the room, and owns it.
    for (const actor of actors) await actor.joins(ROOM);
    const people = [];
    for (let i = 0; i < WATCHERS; i++) {
      const at = i % place.town.servers.length;
      people.push(await place.town.guest(`Watcher${i}`, { at, reconnects: true }));
    }
    const watchers = await Promise.all(people.map((person) => person.stays(ROOM)));
    // Members come back into a room that is private by now.
    const late = await place.town.guest('Late', { reconnects: true });
    await late.joins(ROOM);
    await late.leaves(ROOM);

    const acting = Promise.all(actors.map((person, i) => new Actor(person, i, world).acts()));
    const cutting = cuts(people, acting);
    await Promise.race(people.map((person) => person.next((entry) => entry.kind === 'cut', 'the first cut')));
    const lateWatcher = await late.stays(ROOM);
    await acting;
    await cutting;

    const all = [...watchers, lateWatcher];
    const fresh = await freshLook(actors[1], all, actors);
    agree(watchers);
    lateWatcher.isSound();
    const messages = fresh.messages.map(broadcast);
    assert.deepEqual(watchers[0].list, messages);
    const [first] = lateWatcher.list;
    assert.deepEqual(
      lateWatcher.list,
      messages.filter(({ seq }) => seq >= first.seq),
    );
    for (const watcher of all) assert.deepEqual(watcher.room, fresh.room, watcher.name);
    for (const { id, claps } of messages) assert.equal(claps.total, world.claps(id), `the claps of ${id}`);
    // The newest page may come from another place than the changes.
    for (const actor of actors) {
      const { body } = await actor.rest.get(`/api/rooms/${ROOM}/messages?limit=100`);
      assert.equal(body.rev, fresh.rev);
      assert.deepEqual(body.messages.map(broadcast), messages.slice(-100));
    }
    const resumed = people.reduce((sum, person) => sum + person.seen('room:history', { mode: 'delta' }).length, 0);
    assert.ok(resumed > 0, 'no connection was lost, so nothing was shown');
  });
});
