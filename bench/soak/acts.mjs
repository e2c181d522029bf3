// What people do while they are there, by chance: in rooms over their socket, and over REST beside it.

import { pause } from './pauses.mjs';

const EMOJI = ['👍', '🦀', '🎉'];
/** How many of their own messages people come back to. */
const REMEMBERED = 20;
/** Acts by how often they are done. */
const WEIGHTS = {
  says: 30,
  bursts: 3,
  edits: 6,
  deletes: 3,
  claps: 10,
  reacts: 8,
  types: 10,
  reads: 12,
  shows: 2,
  wanders: 5,
  browses: 6,
  catchesUp: 3,
  looksAround: 3,
  looksAtNotifications: 3,
  closes: 1,
  resets: 1,
};
const drawn = Object.entries(WEIGHTS).flatMap(([act, weight]) => Array(weight).fill(act));
/** A message of somebody else may be deleted by the time that one gets to it. */
const GONE = ['conflict', 'not_found'];

export const oneOf = (list) => list[Math.floor(Math.random() * list.length)];
const between = (low, high) => low + Math.floor(Math.random() * (high - low + 1));

/** One person's doings: `home` are the rooms that they keep to, `names` whom they may mention. */
export class Doings {
  #own = [];
  #count = 0;

  constructor({ person, rest, rooms, home, names, seen, ledger }) {
    Object.assign(this, { person, rest, rooms, home, names, seen, ledger });
  }

  /** Does one thing after the other until `over()`, with `rest` milliseconds between them at most. */
  async goesOn(over, most) {
    while (!over()) {
      await this[oneOf(drawn)](oneOf(this.home));
      await pause(Math.random() * most);
    }
  }

  async says(room, more = {}) {
    this.#count += 1;
    const tail = oneOf(['', '', '', ` @${oneOf(this.names)}`, ` ${'and so on '.repeat(between(1, 60))}`]);
    const reply = Math.random() < 0.1 ? this.seen.of(room) : undefined;
    const message = await this.person.says(room, `${this.person.user.id} says ${this.#count}${tail.trimEnd()}`, {
      ...more,
      ...(reply && { replyTo: reply.id }),
    });
    if (!message) return;
    this.#own.push(message);
    if (this.#own.length > REMEMBERED) this.#own.shift();
    this.seen.note(message);
  }

  async bursts(room) {
    await Promise.all(Array.from({ length: between(3, 10) }, () => this.says(room)));
  }

  async edits() {
    const message = oneOf(this.#own);
    if (!message) return;
    this.ledger.changed(message.id);
    await this.person.does('message:edit', { messageId: message.id, content: `edited ${this.#count}` }, GONE);
  }

  async deletes() {
    const [message] = this.#own.splice(Math.floor(Math.random() * this.#own.length), 1);
    if (!message) return;
    this.ledger.changed(message.id);
    await this.person.does('message:delete', { messageId: message.id }, GONE);
  }

  async claps(room) {
    const message = this.seen.of(room);
    if (message) await this.person.does('message:clap', { messageId: message.id, count: between(1, 5) }, GONE);
  }

  async reacts(room) {
    const message = this.seen.of(room);
    const wish = { messageId: message?.id, emoji: oneOf(EMOJI), on: Math.random() < 0.7 };
    if (message) await this.person.does('message:react', wish, GONE);
  }

  /** A cut between the two of them takes the join away, hence the refusal. */
  async types(room) {
    await this.person.does('typing:start', room, ['forbidden', 'conflict']);
    if (Math.random() < 0.7) await this.person.does('typing:stop', room, ['forbidden', 'conflict']);
  }

  async reads(room) {
    const message = this.seen.of(room);
    if (message) await this.person.does('message:read', { roomId: room, seq: message.seq });
  }

  async shows() {
    await this.person.does('presence:update', oneOf(['online', 'away', 'busy']));
  }

  /** Looks into a room that is not theirs, and leaves it again. */
  async wanders() {
    const room = oneOf(this.rooms);
    if (this.home.includes(room)) return;
    await this.person.joins(room);
    await pause(Math.random() * 500);
    await this.person.leaves(room);
  }

  async browses(room) {
    const { messages } = await this.rest('GET', `/api/rooms/${room}/messages?limit=50`);
    if (messages[0]) await this.rest('GET', `/api/rooms/${room}/messages?limit=100&before=${messages[0].seq}`);
  }

  async catchesUp(room) {
    const { rev } = await this.rest('GET', `/api/rooms/${room}/messages?limit=1`);
    await this.rest('GET', `/api/rooms/${room}/changes?since=${Math.max(0, rev - 30)}`);
  }

  async looksAround(room) {
    await this.rest('GET', '/api/rooms?scope=mine');
    await this.rest('GET', `/api/rooms/${room}/presence`);
    await this.rest('GET', `/api/rooms/${room}/members?limit=50`);
  }

  async looksAtNotifications() {
    const { notifications } = await this.rest('GET', '/api/notifications');
    if (notifications[0]) await this.rest('POST', '/api/notifications/read', { upTo: notifications[0].id });
  }

  closes() {
    this.person.cuts(false);
  }

  resets() {
    this.person.cuts(true);
  }
}

/** The newest messages of each room, of which people pick one to do something with. */
export class Seen {
  #rooms = new Map();

  note(message) {
    const list = this.#rooms.get(message.roomId) ?? [];
    this.#rooms.set(message.roomId, list);
    list.push(message);
    if (list.length > REMEMBERED) list.shift();
  }

  of(room) {
    return oneOf(this.#rooms.get(room) ?? []);
  }
}
