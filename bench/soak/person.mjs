// Somebody with the real client: asks, checks the order of what comes, comes back after a cut with `since`.

import { installed } from './stage.mjs';

const { io } = installed('socket.io-client');

/** Milliseconds within which everything is answered: the store has 3 s, and this machine may be busy. */
const ANSWER = 20_000;
/** Events that carry a change of a room. */
const CHANGES = ['message:new', 'message:updated', 'message:deleted', 'message:clapped', 'message:reacted', 'room:updated'];

export class Person {
  /** roomId -> its revision here; undefined until its first history. */
  rooms = new Map();
  heard = 0;
  #waiting = [];

  /** `via`: transports of the client; `urls`: the replicas, of which it takes the next one at each connection. */
  constructor({ ledger, user, token, urls, via = ['websocket'], first = 0 }) {
    Object.assign(this, { ledger, user, token, urls });
    this.turn = first;
    this.socket = io(urls[first % urls.length], {
      auth: { token },
      transports: via,
      forceNew: true,
      autoConnect: false,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1_000,
      timeout: ANSWER,
    });
    const { socket } = this;
    socket.on('connect', () => this.#isBack());
    socket.on('disconnect', (why) => {
      ledger.did('disconnects');
      if (why === 'io server disconnect' && !this.isSentAway) ledger.wrong('told not to come back', user.id);
      this.turn += 1;
      // As a load balancer would: the next connection goes elsewhere.
      socket.io.uri = urls[this.turn % urls.length];
    });
    socket.on('connect_error', (error) => {
      if (this.isGone || this.isSentAway) return;
      ledger.wrong('a connection refused', `${user.id}: ${error.message}`);
    });
    socket.on('error', (error) => ledger.wrong('an error nobody asked for', JSON.stringify(error)));
    socket.on('room:history', ({ roomId, rev }) => this.rooms.has(roomId) && this.rooms.set(roomId, rev));
    for (const event of CHANGES) {
      socket.on(event, (change) => {
        this.heard += 1;
        // A room itself has its id in another place.
        this.#follows(event, { roomId: change.roomId ?? change.id, rev: change.rev });
      });
    }
    for (const event of ['room:removed', 'room:deleted']) socket.on(event, ({ roomId }) => this.rooms.delete(roomId));
  }

  connects() {
    const connected = this.isConnected();
    this.socket.connect();
    return connected;
  }

  /** Resolves when there is a connection; at once where there is one. */
  isConnected() {
    if (this.socket.connected) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The acknowledgement; undefined where the connection ended before it came. */
  async asks(event, data) {
    await this.isConnected();
    if (this.isGone) return undefined;
    const { id } = this.socket;
    try {
      const ack = await this.socket.timeout(ANSWER).emitWithAck(event, data);
      this.ledger.did(event);
      return ack;
    } catch {
      if (this.socket.connected && this.socket.id === id) this.ledger.wrong('no answer in time', event);
      return undefined;
    }
  }

  /** As `asks`, where a refusal with one of these codes is nothing special and any other is wrong. */
  async does(event, data, codes = []) {
    const ack = await this.asks(event, data);
    if (!ack || ack.ok) return ack;
    if (codes.includes(ack.error.code)) this.ledger.refused(event, ack.error.code);
    else this.ledger.wrong('an error answer', `${event} ${JSON.stringify(data)} ${JSON.stringify(ack.error)}`);
    return ack;
  }

  async joins(room, codes) {
    if (!this.rooms.has(room)) this.rooms.set(room, undefined);
    let ack;
    while (!ack && !this.isGone) ack = await this.does('join:room', room, codes);
    if (ack && !ack.ok) this.rooms.delete(room);
    return ack;
  }

  async leaves(room) {
    this.rooms.delete(room);
    await this.does('leave:room', room);
  }

  /** Sends until it is acknowledged, with the same `clientId`; resolves with the message. */
  async says(room, content, more = {}) {
    const send = this.ledger.begins(room, content);
    for (let tries = 0; !this.isGone; tries++) {
      if (tries > 0) this.ledger.did('sends repeated');
      const ack = await this.does('message:send', { roomId: room, content, clientId: send.clientId, ...more });
      if (!ack) continue;
      if (!ack.ok) return undefined;
      this.ledger.acknowledged(send, ack.message);
      return ack.message;
    }
    return undefined;
  }

  /** The connection ends: as a client ends it, or as a failing network does. */
  cuts(hard) {
    // The client waits in vain for a connection that is closed while it is made.
    if (!this.socket.connected) return;
    const { engine } = this.socket.io;
    const raw = engine?.transport?.ws?._socket;
    this.ledger.did(hard && raw ? 'connections reset' : 'connections closed');
    if (hard && raw) raw.resetAndDestroy();
    else engine?.close();
  }

  goes(hard) {
    this.isGone = true;
    if (hard) this.cuts(true);
    this.socket.disconnect();
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async #isBack() {
    this.ledger.did('connections');
    for (const resolve of this.#waiting.splice(0)) resolve();
    const joined = [...this.rooms].filter(([, rev]) => rev !== undefined);
    // Events of one socket take effect in the order sent, so these stand before whatever is asked next.
    await Promise.all(
      joined.map(async ([roomId, since]) => {
        this.ledger.did('resumes');
        const ack = await this.does('join:room', { roomId, since }, ['not_found', 'forbidden']);
        if (ack && !ack.ok) this.rooms.delete(roomId);
      }),
    );
  }

  #follows(event, { roomId, rev }) {
    if (!this.rooms.has(roomId)) return;
    const stands = this.rooms.get(roomId);
    if (stands === undefined) return this.ledger.wrong('a change before the history', `${event} ${roomId} ${rev}`);
    if (rev !== stands + 1) this.ledger.wrong('a revision skipped or told twice', `${event} ${roomId} ${rev} after ${stands}`);
    this.rooms.set(roomId, rev);
  }
}
