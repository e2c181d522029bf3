// What people were promised: every send with its `clientId`, and what became of each message as far as its authors can know.

import { randomUUID } from 'node:crypto';

/** The milliseconds after which a change is done or `unavailable`. */
export const STORE_LIMIT = 3_000;
/** The milliseconds within which a server must answer whatever was asked, its 3 s for the store included. */
export const ANSWER_LIMIT = 6_000;

export class Ledger {
  /** clientId -> `{ room, author, content, message? }`; with `message` it was acknowledged. */
  sends = new Map();
  /** Message id -> what may be true of it now. */
  fates = new Map();
  /** `{ room, rev, at }`: that revision was committed by then, and all must have it within 2 s. */
  commits = [];
  /** What no server should have done, as sentences. */
  wrongs = [];
  /** `{ from, to, who, what }`: questions that were not answered at all, and those of a writer that took longer than the store may. */
  silences = [];
  slow = [];
  resends = 0;
  unavailable = 0;

  /** `author room` -> the highest seq acknowledged. */
  #latest = new Map();

  begins(room, author, content) {
    const send = { room, author, content, clientId: randomUUID(), after: this.#latest.get(`${author} ${room}`) ?? 0 };
    this.sends.set(send.clientId, send);
    return send;
  }

  acknowledged(send, message) {
    const { clientId, content, room } = send;
    const [was, is] = [
      [clientId, room, content],
      [message.clientId, message.roomId, message.content],
    ].map((one) => one.join(' '));
    // A repeat is answered with the message as it is by now, which nobody else may have edited before it is acknowledged.
    if (was !== is) this.wrongs.push(`the send ${was} was acknowledged as ${is}`);
    const key = `${message.userId} ${room}`;
    if (message.seq <= send.after)
      this.wrongs.push(`${content} got seq ${message.seq}, and was sent after ${send.after} was acknowledged`);
    this.#latest.set(key, Math.max(this.#latest.get(key) ?? 0, message.seq));
    send.message = message;
    this.fates.set(message.id, new Fate(message));
    this.committed(room, message.rev);
  }

  committed(room, rev, at = Date.now()) {
    this.commits.push({ room, rev, at });
  }

  /** A message that was acknowledged and, as far as is known, not deleted; in `room`, of `author` if given. */
  someMessage(chance, room, author) {
    const fits = [...this.fates.values()].slice(-200);
    const found = fits.filter(
      (fate) => fate.room === room && fate.deleted === 'no' && (author === undefined || fate.author === author),
    );
    return found.length > 0 ? chance.oneOf(found) : undefined;
  }

  get acknowledgedCount() {
    return this.fates.size;
  }
}

/** What may be true of one message: each act was done, or may have been, or may still be. */
class Fate {
  deleted = 'no';
  /** userId -> `{ done, tried }`. */
  claps = new Map();
  /** `userId emoji` -> the states it may be in. */
  reactions = new Map();

  constructor({ id, roomId, seq, userId, content }) {
    Object.assign(this, { id, room: roomId, seq, author: userId, contents: new Set([content]), unsure: new Set() });
  }

  /** `outcome`: `'done'`, `'unknown'` or `'refused'`. An unknown one may come true long after. */
  edited(content, outcome) {
    if (outcome === 'done') this.contents = new Set([content, ...this.unsure]);
    if (outcome === 'unknown') {
      this.contents.add(content);
      this.unsure.add(content);
    }
  }

  wasDeleted(outcome) {
    if (outcome === 'done') this.deleted = 'yes';
    if (outcome === 'unknown' && this.deleted === 'no') this.deleted = 'maybe';
  }

  clapped(userId, count, outcome) {
    const known = this.claps.get(userId) ?? { done: 0, tried: 0 };
    if (outcome !== 'refused') known.tried += count;
    if (outcome === 'done') known.done += count;
    this.claps.set(userId, known);
  }

  reacted(userId, emoji, on, outcome) {
    const key = `${userId} ${emoji}`;
    const known = this.reactions.get(key) ?? { may: new Set([false]), unsure: new Set() };
    if (outcome === 'done') known.may = new Set([on, ...known.unsure]);
    if (outcome === 'unknown') {
      known.may.add(on);
      known.unsure.add(on);
    }
    this.reactions.set(key, known);
  }

  /** What contradicts it in the message as the store has it, or nothing. */
  contradicts(message) {
    if (message.seq !== this.seq) return `has seq ${message.seq} and was acknowledged with ${this.seq}`;
    if (message.deletedAt && this.deleted === 'no') return 'is deleted, and nobody did that';
    if (!message.deletedAt && this.deleted === 'yes') return 'is not deleted, and that was acknowledged';
    if (!message.deletedAt && !this.contents.has(message.content))
      return `says "${message.content}", and can only say one of "${[...this.contents].join('", "')}"`;
    let [least, most] = [0, 0];
    for (const { done, tried } of this.claps.values()) {
      least += Math.min(done, 50);
      most += Math.min(tried, 50);
    }
    const { total } = message.claps;
    if (total < least || total > most) return `has ${total} claps, and must have ${least} to ${most}`;
    for (const emoji of new Set([...this.reactions.keys()].map((key) => key.split(' ').at(-1)))) {
      const states = [...this.reactions].filter(([key]) => key.endsWith(` ${emoji}`)).map(([, { may }]) => may);
      const [low, high] = [
        states.filter((may) => !may.has(false)).length,
        states.filter((may) => may.has(true)).length,
      ];
      const count = message.reactions.find((one) => one.emoji === emoji)?.count ?? 0;
      if (count < low || count > high) return `has ${emoji} ${count} times, and must have it ${low} to ${high} times`;
    }
    return undefined;
  }
}
