// What the replicas have promised during a run, and what they should not have done.

import { randomUUID } from 'node:crypto';

/** At most so many of one kind of wrong are kept as text; all are counted. */
const TOLD = 20;

export class Ledger {
  /** Acknowledged messages: id -> `{ room, seq, content }`; content is undefined where it may be something else by now. */
  messages = new Map();
  /** Rooms that were ended, and with them their messages. */
  ended = new Set();
  /** Who may read the history of a room that not everybody may: room -> their REST. */
  readers = new Map();
  /** What was done, by kind. */
  counts = {};
  /** Refusals that were to be expected, by event and code. */
  refusals = {};
  /** kind -> `{ count, told }`. */
  wrongs = new Map();

  /** A send that nobody has acknowledged yet. */
  begins(room, content) {
    return { room, content, clientId: randomUUID() };
  }

  acknowledged({ room, content, clientId }, message) {
    if (message.roomId !== room || message.clientId !== clientId) this.wrong('an acknowledgement of something else', message.id);
    const known = this.messages.get(message.id);
    if (known && known.seq !== message.seq) this.wrong('a repeat got another place', `${room} ${known.seq} ${message.seq}`);
    this.messages.set(message.id, { room, seq: message.seq, content });
  }

  /** Its text is no longer known: edited, deleted, or perhaps so. */
  changed(id) {
    const message = this.messages.get(id);
    if (message) message.content = undefined;
  }

  did(kind, count = 1) {
    this.counts[kind] = (this.counts[kind] ?? 0) + count;
  }

  refused(event, code) {
    const name = `${event} ${code}`;
    this.refusals[name] = (this.refusals[name] ?? 0) + 1;
  }

  wrong(kind, detail) {
    const known = this.wrongs.get(kind) ?? { count: 0, told: [] };
    this.wrongs.set(kind, known);
    known.count += 1;
    if (known.told.length < TOLD) known.told.push(String(detail).slice(0, 300));
  }

  get wrongCount() {
    return [...this.wrongs.values()].reduce((sum, { count }) => sum + count, 0);
  }
}

/** Compares what was acknowledged with the history over REST; each message must be there once, in its place, with its text. */
export async function verifyHistory(ledger, rest) {
  const rooms = new Map();
  for (const [id, message] of ledger.messages) {
    if (ledger.ended.has(message.room)) continue;
    if (!rooms.has(message.room)) rooms.set(message.room, new Map());
    rooms.get(message.room).set(id, message);
  }
  let stored = 0;
  for (const [room, expected] of rooms) {
    const reader = ledger.readers.get(room) ?? rest;
    const seen = new Set();
    let next;
    for (let before; ; ) {
      const query = before === undefined ? '' : `&before=${before}`;
      const { messages, hasMore } = await reader('GET', `/api/rooms/${room}/messages?limit=100${query}`);
      for (const message of messages.reverse()) {
        stored += 1;
        if (next !== undefined && message.seq !== next) ledger.wrong('a gap in the history', `${room} ${message.seq}, not ${next}`);
        next = message.seq - 1;
        if (seen.has(message.id)) ledger.wrong('a message twice in the history', message.id);
        seen.add(message.id);
        const known = expected.get(message.id);
        if (!known) continue;
        expected.delete(message.id);
        if (known.seq !== message.seq) ledger.wrong('a message in another place', `${room} ${known.seq} ${message.seq}`);
        if (known.content !== undefined && known.content !== message.content)
          ledger.wrong('a message with another text', message.id);
      }
      if (!hasMore) break;
      before = next + 1;
    }
    if (next !== 0) ledger.wrong('a history that does not begin at 1', `${room} ${next + 1}`);
    for (const [id, { seq }] of expected)
      ledger.wrong('an acknowledged message that is not in the history', `${room} ${seq} ${id}`);
  }
  return { rooms: rooms.size, stored };
}
