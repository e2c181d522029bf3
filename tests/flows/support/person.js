// Somebody with a Socket.IO connection: what they do, what they hear, and a journal of both in the order of the wire.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { checkAcknowledgement, checkEvent, checkRefusal, isConnected } from './described.js';
import { LIMIT, within } from './limits.js';
import { answered, Rest } from './rest.js';
import { Watcher } from './watcher.js';

/** Milliseconds after which an unanswered send is repeated: the server itself gives up before that. */
const PATIENCE = 6_000;

export class Person {
  /** All that came and went: `{ kind: 'ask' | 'ack' | 'event' | 'connect' | 'cut', event?, data?, … }`. */
  journal = [];
  #listeners = new Set();
  #watchers = new Map();

  constructor({ town, user, token, at, via = 'websocket', reconnects = false }) {
    this.town = town;
    this.user = user;
    this.token = token;
    this.at = at;
    this.socket = io(town.address(at), {
      auth: { token },
      transports: via === 'both' ? ['polling', 'websocket'] : [via],
      forceNew: true,
      autoConnect: false,
      reconnection: reconnects,
      reconnectionDelay: 50,
      reconnectionDelayMax: 400,
      timeout: LIMIT,
    });
    this.socket.on('connect', () => {
      isConnected();
      this.#write({ kind: 'connect' });
    });
    this.socket.on('connect_error', (error) => {
      checkRefusal(error.message);
      this.#write({ kind: 'connect_error', data: error.message });
    });
    this.socket.on('disconnect', (reason) => this.#write({ kind: 'cut', data: reason }));
    this.socket.onAny((event, ...args) => {
      checkEvent(event, args);
      this.#write({ kind: 'event', event, data: args[0] });
    });
  }

  get id() {
    return this.user.id;
  }

  get name() {
    return this.user.username;
  }

  get rest() {
    return new Rest(this.town.address(this.at), this.token);
  }

  /** Resolves when connected, fails with what the server said against it. */
  async connects() {
    const answer = this.next(
      (entry) => entry.kind === 'connect' || entry.kind === 'connect_error',
      'an answer to the handshake',
      { from: this.here },
    );
    this.socket.connect();
    const entry = await answer;
    if (entry.kind === 'connect_error') throw new Error(entry.data);
    return this;
  }

  /** Another connection of the same user. */
  async again({ at = this.at, ...options } = {}) {
    return this.town.connected({ user: this.user, token: this.token, at, ...options });
  }

  goes() {
    this.socket.disconnect();
  }

  // What a person does

  /** Sends an event and resolves with its acknowledgement, whatever that says. */
  async tries(event, data, limit = LIMIT) {
    this.#write({ kind: 'ask', event, data });
    const answer = new Promise((resolve, reject) => {
      this.socket.timeout(limit).emit(event, data, (error, ack) => {
        if (error) {
          reject(new Error(`no acknowledgement of ${event} ${brief(data)}: ${error.message}\n${this.saw()}`));
        } else {
          checkAcknowledgement(event, ack);
          this.#write({ kind: 'ack', event, data: ack, asked: data });
          resolve(ack);
        }
      });
    });
    return answer;
  }

  /** Sends an event that must be acknowledged as done. */
  async does(event, data) {
    const ack = await this.tries(event, data);
    assert.equal(ack?.ok, true, `${event} ${brief(data)} was answered with ${brief(ack)}\n${this.saw()}`);
    return ack;
  }

  /** Sends an event that must be refused with this code; resolves with the error. */
  async isRefused(event, data, code) {
    const ack = await this.tries(event, data);
    const told = `${event} ${brief(data)} was answered with ${brief(ack)}`;
    assert.equal(ack?.ok, false, told);
    assert.equal(ack.error?.code, code, told);
    assert.equal(typeof ack.error.message, 'string', told);
    assert.notEqual(ack.error.message, '', told);
    return ack.error;
  }

  /** Sends an event without asking for an acknowledgement. */
  shouts(event, ...data) {
    this.#write({ kind: 'ask', event, data: data[0] });
    this.socket.emit(event, ...data);
  }

  joins(room, options) {
    return this.does('join:room', options === undefined ? room : { roomId: room, ...options });
  }

  leaves(room) {
    return this.does('leave:room', room);
  }

  async says(room, content, options = {}) {
    const { message } = await this.does('message:send', { roomId: room, content, ...options });
    return message;
  }

  /** Says so many things, a hundred at a time: a socket may have no more than 1,024 events waiting. */
  async saysMany(room, count, contentOf) {
    for (let first = 0; first < count; first += 100) {
      const some = Array.from({ length: Math.min(100, count - first) }, (_, i) =>
        this.says(room, contentOf(first + i)),
      );
      await Promise.all(some);
    }
  }

  async edits(message, content) {
    return (await this.does('message:edit', { messageId: message.id, content })).message;
  }

  async deletes(message) {
    return (await this.does('message:delete', { messageId: message.id })).message;
  }

  async claps(message, count = undefined) {
    return (await this.does('message:clap', { messageId: message.id, count })).claps;
  }

  async reacts(message, emoji, on = true) {
    return (await this.does('message:react', { messageId: message.id, emoji, on })).reactions;
  }

  /** Marks a room as read up to `seq`; resolves with `{ lastReadSeq, unread, unreadMentions }`. */
  async reads(room, seq) {
    const { ok, ...state } = await this.does('message:read', { roomId: room, seq });
    return state;
  }

  /** Sends until it is acknowledged: over lost connections and `unavailable`, always with the same `clientId`. */
  async insistsOn(room, content, clientId = randomUUID()) {
    const end = Date.now() + 2 * LIMIT;
    let last = 'nothing tried yet';
    while (Date.now() < end) {
      if (!this.socket.connected)
        await this.next((entry) => entry.kind === 'connect', 'the connection to come back', { from: this.here });
      try {
        const ack = await this.tries('message:send', { roomId: room, content, clientId }, PATIENCE);
        if (ack.ok) return ack.message;
        last = brief(ack.error);
        // Membership is the user's, but a socket that has just come back may not have joined yet.
        assert.match(ack.error.code, /^(unavailable|rate_limited)$/, `${content} was refused: ${last}`);
        await pause(Math.min(ack.error.retryAfterMs ?? 100, 250));
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        last = error.message;
      }
    }
    throw new Error(`${this.name} could not send ${content}: ${last}`);
  }

  startsTyping(room) {
    return this.does('typing:start', room);
  }

  stopsTyping(room) {
    return this.does('typing:stop', room);
  }

  // What a person does over REST: each must be done, and resolves with what the server answers

  /** Makes a room: `opens('attic', { visibility: 'private' })`. */
  async opens(id, wish = {}) {
    return answered(await this.rest.post('/api/rooms', { id, name: id, ...wish }), 201);
  }

  async looksAt(room) {
    return answered(await this.rest.get(`/api/rooms/${room}`), 200);
  }

  /** Gives a room another name, topic or visibility. */
  async changes(room, edit) {
    return answered(await this.rest.patch(`/api/rooms/${room}`, edit), 200);
  }

  async ends(room) {
    answered(await this.rest.delete(`/api/rooms/${room}`), 204);
  }

  async adds(other, room, role) {
    return answered(await this.rest.post(`/api/rooms/${room}/members`, { userId: other.id, role }), 201);
  }

  /** Gives a member another role. */
  async makes(other, role, room) {
    return answered(await this.rest.patch(this.place(other, room), { role }), 200);
  }

  async kicks(other, room) {
    answered(await this.rest.delete(this.place(other, room)), 204);
  }

  /** Gives membership back; `leaves` only stops listening. */
  quits(room) {
    return this.kicks(this, room);
  }

  /** The path of somebody's membership. */
  place(other, room) {
    return `/api/rooms/${room}/members/${encodeURIComponent(other.id)}`;
  }

  /** `{ username: role }` of a room's members. */
  async roles(room) {
    const { members } = answered(await this.rest.get(`/api/rooms/${room}/members`), 200);
    return Object.fromEntries(members.map(({ user, role }) => [user.username, role]));
  }

  // What a person notices

  /** The place in the journal, for `from`. */
  get here() {
    return this.journal.length;
  }

  /** The first event of that name with data that `match` fits: heard already (since `from`), or within the limit. */
  async sees(event, match = {}, { from = 0, limit } = {}) {
    const fits = matcher(match);
    const entry = await this.next(
      (one) => one.kind === 'event' && one.event === event && fits(one.data),
      `${event} ${brief(match)}`,
      {
        from,
        limit,
      },
    );
    return entry.data;
  }

  /**
   * The first message with this content that is delivered: as an event of its own, or in a history that the server sent unasked
   * because it had to look at the store.
   */
  async hears(content, options) {
    const said = (entry) => {
      if (entry.kind !== 'event') return undefined;
      if (entry.event === 'message:new') return entry.data.content === content ? entry.data : undefined;
      if (entry.event !== 'room:history' || entry.data.mode === 'page') return undefined;
      return entry.data.messages.find((message) => message.content === content);
    };
    return said(await this.next(said, `the message ${brief(content)}`, options));
  }

  /** The events of that name so far. */
  seen(event, match = {}, { from = 0 } = {}) {
    const fits = matcher(match);
    return this.journal
      .slice(from)
      .filter((one) => one.kind === 'event' && one.event === event && fits(one.data))
      .map((one) => one.data);
  }

  hasNotSeen(event, match = {}, options) {
    assert.deepEqual(
      this.seen(event, match, options),
      [],
      `${this.name} should not have seen ${event} ${brief(match)}`,
    );
  }

  /** The connection is lost, as by a bad network; with `reconnects` the client comes back by itself. */
  async losesConnection() {
    const from = this.here;
    this.socket.io.engine.close();
    await this.isCut({ from });
  }

  isCut(options) {
    return this.next((entry) => entry.kind === 'cut', 'the connection to be cut', options);
  }

  /** The first journal entry, from `from` on, that `fits`. */
  next(fits, what, { from = 0, limit } = {}) {
    const past = this.journal.slice(from).find(fits);
    if (past) return Promise.resolve(past);
    let listen;
    const coming = new Promise((resolve) => {
      listen = (entry) => fits(entry) && resolve(entry);
      this.#listeners.add(listen);
    });
    return within(coming, `${this.name} notices ${what}`, {
      limit,
      seen: () => `${this.saw()}\n${this.town.said()}`,
    }).finally(() => this.#listeners.delete(listen));
  }

  /** Calls `listener` with each entry of the journal from now on. */
  follow(listener) {
    this.#listeners.add(listener);
  }

  unfollow(listener) {
    this.#listeners.delete(listener);
  }

  /** A watcher that checks all that comes of this room; ask for it before joining. */
  watches(room) {
    let watcher = this.#watchers.get(room);
    if (!watcher) {
      watcher = new Watcher(room, this.name);
      this.#watchers.set(room, watcher);
      this.follow((entry) => watcher.feed(entry));
    }
    return watcher;
  }

  /** Joins, watches, and joins again with `since` whenever the connection is back; resolves with the watcher. */
  async stays(room) {
    const watcher = this.watches(room);
    await this.joins(room);
    this.follow((entry) => {
      if (entry.kind !== 'connect') return;
      // A failure here shows as a watcher that does not get on.
      this.tries('join:room', { roomId: room, since: watcher.rev }).catch(() => {});
    });
    return watcher;
  }

  /** The end of the journal, for failures. */
  saw(count = 12) {
    const lines = this.journal.slice(-count).map(({ kind, event, data }) => `  ${kind} ${event ?? ''} ${brief(data)}`);
    return [`--- ${this.name} saw (the last ${lines.length} of ${this.journal.length}):`, ...lines].join('\n');
  }

  #write(entry) {
    this.journal.push(entry);
    for (const listener of [...this.#listeners]) listener(entry);
  }
}

/** A value as one short line. */
export function brief(value) {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value, shortened) ?? String(value));
  return text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

const shortened = (_, value) => (typeof value === 'string' && value.length > 80 ? `${value.slice(0, 80)}…` : value);

function matcher(match) {
  if (typeof match === 'function') return match;
  return (data) => Object.entries(match).every(([key, value]) => data?.[key] === value);
}
