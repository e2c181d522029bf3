// All the people of a round: writers, onlookers at every replica and at any, and those whom a killed replica takes with it.

import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../flows/support/chance.js';
import { Ledger } from './ledger.js';
import { Onlooker } from './onlooker.js';
import { isOurs, Writer } from './writer.js';

const WRITERS = 8;
const ROAMING = 2;
const ROOMS = ['square', 'market', 'harbour'];
/** Nobody sends here but the one whose replica dies of it, so that nothing later tells of the loss. */
const QUIET = 'chapel';

export class Crowd {
  ledger = new Ledger();
  isOurs = isOurs;
  rooms = [...ROOMS, QUIET];
  #whispers = new Map();
  #repeats = [];
  #over = false;

  static async gathers(frail) {
    const crowd = new Crowd();
    crowd.frail = frail;
    const { town, places, web } = frail;
    const names = Array.from({ length: WRITERS }, (_, i) => `Writer${i}`);
    const writers = await Promise.all(names.map((name) => town.guest(name, { at: 'any', reconnects: true })));
    // The first makes the rooms; a member may send without being there.
    for (const room of crowd.rooms) await writers[0].joins(room);
    await Promise.all(writers.slice(1).flatMap((writer) => ROOMS.map((room) => writer.joins(room))));
    crowd.writers = writers.map((person, i) => new Writer(person, new Chance(i), crowd.ledger, ROOMS, names, web));

    const onlookers = [...places, ...Array(ROAMING).fill('any')];
    crowd.onlookers = await Promise.all(
      onlookers.map(async (at, i) => {
        const person = await town.guest(`Onlooker${i}`, { at, reconnects: true });
        const onlooker = new Onlooker(person, at, crowd.ledger, crowd.rooms);
        await onlooker.joins();
        return onlooker;
      }),
    );
    // They do not come back by themselves.
    crowd.ghosts = await Promise.all(places.map((at) => town.guest(`Ghost${at}`, { at })));
    await Promise.all(crowd.ghosts.map((ghost) => ghost.joins(ROOMS[0])));
    crowd.whisperers = await Promise.all(
      places.map(async (at) => {
        const person = await town.guest(`Whisperer${at}`, { at, reconnects: true });
        for (const room of crowd.rooms) await person.joins(room);
        return new Writer(person, undefined, crowd.ledger, [], []);
      }),
    );
    return crowd;
  }

  /** Everybody writes, and onlookers lose their connections now and then, until `rests()`. */
  starts() {
    const over = () => this.#over;
    this.busy = Promise.all([...this.writers.map((writer) => writer.writes(over)), this.#cuts(over)]);
    this.busy.catch(() => {});
  }

  /** Resolves when all that was begun is acknowledged. */
  async rests() {
    this.#over = true;
    await this.busy;
    await Promise.all(this.#repeats);
  }

  async #cuts(over) {
    const chance = new Chance(1_000);
    while (!over()) {
      await pause(chance.between(200, 2_500));
      const { person } = chance.oneOf(this.onlookers);
      const isLong = chance.next() < 0.2;
      const away = chance.between(100, 1_500);
      if (!person.socket.connected) continue;
      if (!isLong) person.socket.io.engine.close();
      else {
        person.goes();
        await pause(away);
        person.socket.connect();
      }
    }
  }

  /** Somebody is there and types, who will not come back. */
  async haunts(place) {
    const ghost = this.ghosts[place];
    if (!ghost.socket.connected) {
      ghost.socket.connect();
      await Promise.race([new Promise((resolve) => ghost.socket.once('connect', resolve)), pause(1_000)]);
      if (!ghost.socket.connected) return ghost.goes();
      ghost.shouts('join:room', ROOMS[0]);
    }
    ghost.shouts('typing:start', ROOMS[0]);
    await pause(100);
  }

  died(place) {
    this.ghosts[place].goes();
  }

  /** Somebody at this place sends to the quiet room, once. */
  whispers(place, content) {
    const writer = this.whisperers[place];
    const { person } = writer;
    const send = this.ledger.begins(QUIET, person.id, content);
    send.isDoubtful = true;
    this.#whispers.set(content, { send, writer });
    const { clientId } = send;
    // Whether it is answered or not, what was committed must be heard.
    if (person.socket.connected)
      person.tries('message:send', { roomId: QUIET, content, clientId }, 3_000).catch(() => {});
  }

  /** What was whispered is committed now: it must be heard in time, and a repeat after that must find it. */
  async mustHear(content) {
    const { send, writer } = this.#whispers.get(content);
    const at = Date.now();
    const find = 'SELECT rev FROM messages WHERE client_id = $1';
    let rows;
    for (let tries = 0; !rows && tries < 50; tries++) {
      rows = await this.frail.postgres.asks(find, [send.clientId]).catch(() => pause(200));
    }
    const rev = rows?.[0]?.rev;
    if (!rev) return this.ledger.wrongs.push(`${content} was committed and is not in the store`);
    this.ledger.committed(QUIET, Number(rev), at);
    // Not before the others must have heard of it by themselves.
    await pause(3_500);
    send.isDoubtful = false;
    this.#repeats.push(writer.insists(send));
  }

  /** Sends what tells whether all hear everything again; resolves when it is acknowledged. */
  async calls() {
    await Promise.all(
      this.frail.places.flatMap((place) =>
        ROOMS.map(async (room) => {
          const writer = this.whisperers[place];
          await writer.insists(this.ledger.begins(room, writer.person.id, `calling from replica ${place}`));
        }),
      ),
    );
  }

  get people() {
    return [
      ...this.writers.map((writer) => writer.person),
      ...this.onlookers.map((onlooker) => onlooker.person),
      ...this.ghosts,
      ...this.whisperers.map((writer) => writer.person),
    ];
  }
}
