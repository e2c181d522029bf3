// Somebody who sends until it is acknowledged, always with the same `clientId`, through whichever replica answers; and edits, claps, reacts.

import { setTimeout as pause } from 'node:timers/promises';
import { brief } from '../flows/support/person.js';
import { Rest } from '../flows/support/rest.js';
import { ANSWER_LIMIT, STORE_LIMIT } from './ledger.js';

const EMOJI = ['👍', '🦀', '🎉'];
/** How long a connection may take to be made before another replica is tried. */
const CONNECT_LIMIT = 2_500;

/** What is said begins with one of these, by which it is known in bytes on their way to the store. */
const MARKS = ['saying ', 'editing '];

/** Whether bytes on their way to the store hold something that a writer has said. */
export function isOurs(bytes) {
  return MARKS.some((mark) => bytes.includes(mark));
}

/** Has somebody come back whatever a server says: a stock client does not where its handshake was refused. */
export function comesBack(person, ledger) {
  person.socket.io.timeout(CONNECT_LIMIT);
  person.follow(({ kind, data }) => {
    if (kind === 'cut' && data === 'io server disconnect')
      ledger.wrongs.push(`${person.name} was told not to come back`);
    if (kind !== 'connect_error') return;
    if (data.startsWith('Authentication failed')) ledger.wrongs.push(`${person.name} was refused: ${data}`);
    if (!person.socket.active) setTimeout(() => person.isGone || person.socket.connect(), 150);
  });
}

export class Writer {
  #count = 0;

  constructor(person, chance, ledger, rooms, names, web) {
    Object.assign(this, { person, chance, ledger, rooms, names, web });
    comesBack(person, ledger);
  }

  /** Until `over()`; what is begun then is finished. */
  async writes(over) {
    while (!over()) {
      const { chance } = this;
      const what = chance.weighted({ says: 12, bursts: 2, repeats: 1, edits: 2, deletes: 1, claps: 2, reacts: 2 });
      const room = chance.oneOf(this.rooms);
      const wait = chance.between(0, 80);
      if (what === 'says') await this.says(room);
      else if (what === 'bursts') await Promise.all(Array.from({ length: 10 }, () => this.says(room)));
      else if (what === 'repeats') await this.repeats(room);
      else await this.acts(what, room);
      await pause(wait);
    }
  }

  /** Sends the same over the socket and over HTTP through another replica at the same time: both must get one message. */
  async repeats(room) {
    const { person, chance, ledger } = this;
    const send = this.#begins(room);
    const { content, clientId } = send;
    const rest = new Rest(person.town.address(chance.between(0, person.town.servers.length - 1)), person.token);
    const [answer] = await Promise.all([
      rest.post(`/api/rooms/${room}/messages`, { content, clientId }).catch(() => undefined),
      this.insists(send),
    ]);
    const { status, body } = answer ?? {};
    if (status === 200 || status === 201) {
      if (send.message && body.message?.id !== send.message.id)
        ledger.wrongs.push(`${content} became ${send.message.id} over the socket and ${brief(body)} over HTTP`);
    } else if (answer && status !== 503 && status !== 429) {
      ledger.wrongs.push(`${content} over HTTP was answered ${status} ${answer.text}`);
    }
  }

  /** Resolves when it is acknowledged. */
  async says(room) {
    await this.insists(this.#begins(room));
  }

  #begins(room) {
    this.#count += 1;
    const tail = this.chance.oneOf([
      '',
      '',
      ` @${this.chance.oneOf(this.names)}`,
      ` ${this.web.at(`/${this.person.name}/${this.#count % 20}`)}`,
    ]);
    return this.ledger.begins(room, this.person.id, `saying ${this.person.name}.${this.#count}${tail}`);
  }

  async insists(send) {
    const { room: roomId, content, clientId } = send;
    for (let tries = 0; !send.message; tries++) {
      if (tries > 0) this.ledger.resends += 1;
      const ack = await this.asks('message:send', { roomId, content, clientId });
      if (ack?.ok) this.ledger.acknowledged(send, ack.message);
      else if (ack && !/^(unavailable|rate_limited)$/.test(ack.error.code))
        return this.ledger.wrongs.push(`${this.person.name} sending ${content} was answered ${brief(ack.error)}`);
      else await pause(50 + 150 * Math.random());
    }
  }

  async acts(what, room) {
    const { chance, person, ledger } = this;
    const fate = ledger.someMessage(chance, room, /edits|deletes/.test(what) ? person.id : undefined);
    const [count, emoji, on] = [chance.between(1, 9), chance.oneOf(EMOJI), chance.next() < 0.7];
    if (!fate) return;
    this.#count += 1;
    const content = `editing ${person.name}.${this.#count} @${chance.oneOf(this.names)}`;
    const messageId = fate.id;
    const [event, data, note] = {
      edits: ['message:edit', { messageId, content }, (outcome) => fate.edited(content, outcome)],
      deletes: ['message:delete', { messageId }, (outcome) => fate.wasDeleted(outcome)],
      claps: ['message:clap', { messageId, count }, (outcome) => fate.clapped(person.id, count, outcome)],
      reacts: ['message:react', { messageId, emoji, on }, (outcome) => fate.reacted(person.id, emoji, on, outcome)],
    }[what];
    // Others may look at it meanwhile.
    if (what === 'deletes') fate.wasDeleted('unknown');
    const ack = await this.asks(event, data);
    if (ack?.ok) {
      note('done');
      if (ack.message) ledger.committed(room, ack.message.rev);
    } else if (!ack || ack.error.code === 'unavailable') {
      note('unknown');
    } else {
      note('refused');
      const mayBe = ack.error.code === 'rate_limited' || (ack.error.code === 'conflict' && fate.deleted !== 'no');
      if (!mayBe) ledger.wrongs.push(`${person.name} with ${event} ${brief(data)} was answered ${brief(ack.error)}`);
    }
  }

  /** The acknowledgement, or nothing where none came; a server that says nothing is left for another. */
  async asks(event, data) {
    const { person, ledger } = this;
    while (!person.socket.connected) await pause(20);
    const { id } = person.socket;
    const from = Date.now();
    try {
      const ack = await person.tries(event, data, ANSWER_LIMIT);
      if (ack.error?.code === 'unavailable') ledger.unavailable += 1;
      const to = Date.now();
      if (to - from > STORE_LIMIT) ledger.slow.push({ from, to, who: person.name, what: event });
      return ack;
    } catch {
      if (person.socket.connected && person.socket.id === id) {
        ledger.silences.push({ from, to: Date.now(), who: person.name, what: event });
        person.socket.io.engine.close();
      }
      return undefined;
    }
  }
}
