// What must hold behind the load balancer: people on both transports write while a replica and a worker are killed. Told twice: to
// docker-compose.yml by tests/compose/run, and to the same nginx before two processes by tests/flows/behind-nginx.test.js.

import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { Person } from '../flows/support/person.js';
import { answered, Rest } from '../flows/support/rest.js';
import { agree } from '../flows/support/watcher.js';

const ROOM = 'square';
/** People by the way in which they come. */
const CROWD = { websocket: 8, polling: 10, both: 4 };
/** Those of each kind who write, and how much. */
const WRITERS = 2;
const MESSAGES = 80;
/** A dead worker's jobs are with another within 30 s. */
const TAKEN_OVER = { limit: 60_000 };

/**
 * `stage`: `{ url, said(), addresses, killsReplica(), startsReplica(), killsWorker() }`. `addresses`: people of a kind that needs
 * stickiness come from an address each (127.0.1.n), so that they are spread; elsewhere all come from one.
 */
export async function storyBehindTheBalancer(stage) {
  const town = { address: () => stage.url, said: () => stage.said() };
  const people = [];
  const arrives = async (via, address) => {
    const username = `Guest${people.length}`;
    const person = { via, address };
    people.push(person);
    const { user, accessToken } = answered(await new Rest(stage.url).post('/api/auth/guest', { username }), 200);
    person.is = new Person({ town, user, token: accessToken, via, reconnects: true });
    if (address) person.is.socket.io.opts.agent = new Agent({ keepAlive: true, localAddress: address });
    await person.is.connects();
    person.sees = await person.is.stays(ROOM);
  };
  try {
    // Websockets from one address: nothing about an address may hold them together.
    for (let i = 0; i < CROWD.websocket; i++) await arrives('websocket');
    for (const via of ['polling', 'both']) {
      for (let i = 0; i < CROWD[via]; i++)
        await arrives(via, stage.addresses ? `127.0.1.${people.length + 1}` : undefined);
    }
    for (const { via, is } of people) {
      if (via === 'both') await upgraded(is);
      else assert.equal(is.socket.io.engine.transport.name, via);
    }

    const here = people.map(({ is }) => is.here);
    const wasCut = (person) => person.is.journal.slice(here[people.indexOf(person)]).some(({ kind }) => kind === 'cut');
    const kindOf = (via) => people.filter((person) => person.via === via);
    const writers = Object.keys(CROWD).flatMap((via) => kindOf(via).slice(0, WRITERS));
    const writing = writers.map(async ({ is }, i) => {
      const messages = [];
      for (let n = 0; n < MESSAGES; n++) messages.push(await is.insistsOn(ROOM, `${i}.${n} @Guest0`));
      return messages;
    });
    const all = writers.length * MESSAGES;
    const everybodyHas = (part) => Promise.all(people.map(({ sees }) => sees.reaches(Math.floor(all * part))));

    await everybodyHas(0.2);
    await stage.killsWorker();
    await everybodyHas(0.4);
    await stage.killsReplica();
    await everybodyHas(0.8);
    const cut = Object.fromEntries(Object.keys(CROWD).map((via) => [via, kindOf(via).filter(wasCut).length]));
    await stage.startsReplica();
    const messages = (await Promise.all(writing)).flat();

    assert.ok(cut.websocket > 0 && cut.websocket < CROWD.websocket, `websockets were on both replicas: ${told(cut)}`);
    if (stage.addresses)
      assert.ok(cut.polling > 0 && cut.polling < CROWD.polling, `polling was on both replicas: ${told(cut)}`);
    else assert.ok([0, CROWD.polling].includes(cut.polling), `polling of one address is in one place: ${told(cut)}`);

    // Each message is one change, and its job, the mention, another: those of the worker that is gone are done by the other.
    await Promise.all(people.map(({ sees }) => sees.reaches(2 * all, TAKEN_OVER)));
    for (const { sees } of people) {
      assert.equal(sees.rev, 2 * all);
      assert.ok(sees.list.every(({ mentions }) => mentions.length === 1));
    }
    agree(people.map(({ sees }) => sees));
    const kept = await history(people[0].is);
    assert.deepEqual(
      kept.map(({ seq }) => seq),
      kept.map((_, i) => i + 1),
    );
    assert.deepEqual(
      kept.map(({ id }) => id).sort(),
      messages.map(({ id }) => id).sort(),
      'each acknowledged message is in the history once, and nothing else is',
    );
    assert.equal(new Set(kept.map(({ content }) => content)).size, all);
    return { messages: all, cut: told(cut) };
  } finally {
    for (const { is } of people) is?.socket.disconnect();
  }
}

const told = (cut) =>
  Object.keys(cut)
    .map((via) => `${via} ${cut[via]} of ${CROWD[via]}`)
    .join(', ');

/** Resolves when a client that began with polling speaks websocket. */
async function upgraded(person) {
  const { engine } = person.socket.io;
  if (engine.transport.name !== 'websocket') await new Promise((done) => engine.once('upgrade', done));
}

/** The whole history of the room, as REST tells it. */
async function history(person) {
  const messages = [];
  for (;;) {
    const after = messages.at(-1)?.seq ?? 0;
    const page = answered(await person.rest.get(`/api/rooms/${ROOM}/messages?after=${after}&limit=100`), 200);
    messages.push(...page.messages);
    if (!page.hasMore) return messages;
  }
}
