// One socket's view of one room, checked as it comes: no revision skipped, none covered twice, each join answered in order.

import assert from 'node:assert/strict';
import { within } from './limits.js';

const CHANGES = new Set([
  'message:new',
  'message:updated',
  'message:deleted',
  'message:clapped',
  'message:reacted',
  'room:updated',
  'room:deleted',
]);
const SHOWN = 14;

export class Watcher {
  /** The revision that this socket has been carried to. */
  rev = undefined;
  /** Message id -> message, as the page and all later changes leave it, without what is the reader's own. */
  messages = new Map();
  /** `{ name, topic, visibility }`, as the first join and all later changes leave it. */
  room = undefined;
  /** Revision -> `event id`, for changes that came as events of their own. */
  changes = new Map();
  /** How often the server had to look at the store for this socket. */
  unasked = 0;
  faults = [];
  #joining = undefined;
  #joined = false;
  #history = [];
  #waiting = new Set();

  constructor(room, name = 'somebody') {
    this.roomId = room;
    this.name = name;
  }

  /** Takes the next entry of a journal (see Person). */
  feed({ kind, event, data, asked }) {
    if (kind === 'cut') {
      this.#joining = undefined;
      this.#joined = false;
    } else if (kind === 'ask' && event === 'join:room' && roomOf(data) === this.roomId) {
      this.#note(`asks to join with since ${data?.since}`);
      this.#joining = { since: data?.since };
    } else if (kind === 'ack' && event === 'join:room' && roomOf(asked) === this.roomId) {
      this.#acknowledged(data);
    } else if (kind === 'ack' && event === 'leave:room' && roomOf(asked) === this.roomId) {
      this.#joined = false;
    } else if (kind === 'event' && data?.roomId === this.roomId) {
      if (event === 'room:history') this.#carried(data);
      else if (CHANGES.has(event)) this.#changed(event, data);
    } else if (kind === 'event' && event === 'room:updated' && data?.id === this.roomId) {
      this.#changed(event, data);
    }
    for (const check of [...this.#waiting]) check();
  }

  /** Resolves when the revision is at least `rev`. */
  reaches(rev, options) {
    return this.#when(() => this.rev >= rev, `rev ${rev}`, options);
  }

  /** Resolves when messages with all these ids are there. */
  has(ids) {
    return this.#when(() => ids.every((id) => this.messages.has(id)), `all of ${ids.length} messages`);
  }

  /** Resolves with the message of this id when it is as `holds` says. */
  async shows(id, holds, what) {
    await this.#when(() => this.messages.has(id) && holds(this.messages.get(id)), what);
    return this.messages.get(id);
  }

  /** The messages in the room's order. */
  get list() {
    return [...this.messages.values()].sort((one, other) => one.seq - other.seq);
  }

  /** Fails with the first fault and what led to it. */
  isSound() {
    assert.deepEqual(this.faults.slice(0, 1), [], `${this.name} in ${this.roomId}`);
  }

  told() {
    return [
      `--- ${this.name} in ${this.roomId} stands at rev ${this.rev} with ${this.messages.size} messages:`,
      ...this.#history,
    ].join('\n  ');
  }

  #acknowledged(ack) {
    const join = this.#joining;
    this.#joining = undefined;
    if (!ack?.ok) return;
    this.#note(`join acknowledged at rev ${ack.rev}`);
    if (!join) this.#fault('a join was acknowledged that was not asked for on this connection');
    else if (join.rev === undefined) this.#fault('a join was acknowledged before its history came');
    else if (ack.rev !== join.rev)
      this.#fault(`a join was acknowledged at rev ${ack.rev} after a history at rev ${join.rev}`);
    this.#joined = true;
    // Later changes of the room come with histories and events; only the first join has nothing before it.
    this.room ??= described(ack.room);
  }

  #carried({ rev, mode, messages, hasMore, room }) {
    this.#note(
      `history ${mode} at rev ${rev} with ${messages.length} messages (revs ${messages.map((one) => one.rev).join(' ')})`,
    );
    const join = this.#joining;
    if (!join && !this.#joined) this.#fault('a history came to a socket that had not joined');
    if (!join) {
      this.unasked += 1;
      if (mode === 'page') this.#fault('an unasked history was a page');
      if (rev <= this.rev) this.#fault(`an unasked history led from rev ${this.rev} to ${rev}`);
    } else {
      if (join.rev !== undefined) this.#fault('a join was answered with two histories');
      join.rev = rev;
      if (join.since === undefined && mode !== 'page') this.#fault(`a join without since was answered with a ${mode}`);
      if (join.since !== undefined && mode === 'page') this.#fault('a join with since was answered with a page');
    }
    const since = join ? join.since : this.rev;
    if (mode === 'delta') {
      if (hasMore !== false) this.#fault(`a delta said hasMore: ${hasMore}`);
      if (rev < since) this.#fault(`a delta led from rev ${since} back to ${rev}`);
      const odd = messages.find((one) => one.rev <= since || one.rev > rev);
      if (odd) this.#fault(`a delta from rev ${since} to ${rev} held a message of rev ${odd.rev}`);
    } else {
      this.messages.clear();
    }
    if (messages.some((one, place) => place > 0 && one.seq <= messages[place - 1].seq))
      this.#fault('a history was not ascending');
    // A change of a message older than the page that this began with leaves the list as it is.
    const first = this.list[0]?.seq ?? 0;
    for (const message of messages) if (message.seq >= first) this.messages.set(message.id, broadcast(message));
    if (room) this.room = described(room);
    this.rev = rev;
    this.#hasNoHoles();
  }

  #changed(event, data) {
    const id = data.id ?? '';
    this.#note(`${event} rev ${data.rev}${data.seq ? ` seq ${data.seq}` : ''} ${data.content ?? ''}`.slice(0, 120));
    if (this.#joining) {
      // Until the history of a new join, an earlier join of this socket may still deliver.
      if (this.#joining.rev !== undefined)
        this.#fault(`${event} came between a join's history and its acknowledgement`);
      else if (!this.#joined) this.#fault(`${event} came before the history of the join`);
    } else if (!this.#joined) {
      this.#fault(`${event} came to a socket that had not joined`);
    }
    if (data.rev !== this.rev + 1) this.#fault(`${event} of rev ${data.rev} came at rev ${this.rev}`);
    this.rev = data.rev;
    this.changes.set(data.rev, `${event} ${id}`);
    if (isForOneReader(data)) this.#fault(`${event} of rev ${data.rev} tells what is one reader's own`);
    const known = this.messages.get(id);
    const becomes = (change) => known && this.messages.set(id, { ...known, rev: data.rev, ...change });
    if (known && data.seq !== undefined && known.seq !== data.seq)
      this.#fault(`message ${id} went from seq ${known.seq} to ${data.seq}`);
    switch (event) {
      case 'message:new':
        if (known) this.#fault(`message ${id} came as new for the second time`);
        this.messages.set(id, data);
        this.#hasNoHoles();
        break;
      case 'message:updated':
        if (known) this.messages.set(id, data);
        break;
      case 'message:deleted':
        becomes({ content: '', mentions: [], previews: [], deletedAt: data.deletedAt });
        break;
      case 'message:clapped':
        if (known && data.claps.total < known.claps.total) this.#fault(`message ${id} has lost claps`);
        becomes({ claps: data.claps });
        break;
      case 'message:reacted':
        becomes({ reactions: data.reactions });
        break;
      case 'room:updated':
        this.room = described(data);
        break;
    }
  }

  #hasNoHoles() {
    const { list } = this;
    const hole = list.findIndex((one, place) => place > 0 && one.seq !== list[place - 1].seq + 1);
    if (hole > 0) this.#fault(`seq ${list[hole].seq} stands after seq ${list[hole - 1].seq}`);
  }

  #when(holds, what, { limit } = {}) {
    if (holds()) return Promise.resolve(this);
    let check;
    const coming = new Promise((resolve) => {
      check = () => holds() && resolve(this);
      this.#waiting.add(check);
    });
    const seen = () => [this.told(), ...this.faults.slice(0, 3)].join('\n');
    return within(coming, `${this.name} gets ${what} in ${this.roomId}`, { limit, seen }).finally(() =>
      this.#waiting.delete(check),
    );
  }

  #note(line) {
    this.#history.push(line);
    if (this.#history.length > SHOWN) this.#history.shift();
  }

  #fault(what) {
    this.faults.push(`${what}; before it:\n  ${this.#history.join('\n  ')}`);
  }
}

function roomOf(argument) {
  return typeof argument === 'string' ? argument : argument?.roomId;
}

/** A message as all see it: without what belongs to one reader. */
export function broadcast({ claps, reactions, ...message }) {
  return { ...message, claps: { total: claps.total }, reactions: reactions.map(({ mine, ...one }) => one) };
}

function isForOneReader({ claps, reactions, role, unread }) {
  const parts = [claps?.mine, ...(reactions ?? []).map((one) => one.mine), role, unread];
  return parts.some((part) => part !== undefined);
}

/** What changes of a room itself change. */
export function described({ name, topic, visibility }) {
  return { name, topic, visibility };
}

/** Fails unless all watchers have seen the same changes under the same revisions, and end with the same messages. */
export function agree(watchers) {
  for (const watcher of watchers) watcher.isSound();
  const changes = new Map();
  for (const watcher of watchers) {
    for (const [rev, change] of watcher.changes) {
      const other = changes.get(rev);
      if (other)
        assert.equal(change, other.change, `rev ${rev} is one thing to ${watcher.name}, another to ${other.name}`);
      else changes.set(rev, { change, name: watcher.name });
    }
  }
  const [first, ...others] = watchers;
  for (const other of others) {
    assert.deepEqual(other.list, first.list, `${other.name} ends with other messages than ${first.name}`);
  }
}
