// A network that can be broken: a TCP proxy before one server, which holds, delays, resets or refuses what it carries.

import { connect, createServer } from 'node:net';
import { freePort } from './ports.js';

export class TcpProxy {
  #server = undefined;
  #pairs = new Set();
  #state = 'passes';
  #delay = 0;
  #loss = undefined;

  /** A proxy on a port of its own before the server at `port`; `host` and `port` are where to connect. */
  static async before(port) {
    const proxy = new TcpProxy();
    proxy.target = port;
    proxy.host = '127.0.0.1';
    proxy.port = await freePort();
    await proxy.#listens();
    return proxy;
  }

  /** The same address as `url`, by way of this proxy. */
  leadsTo(url) {
    const address = new URL(url);
    address.hostname = this.host;
    address.port = this.port;
    return address.href;
  }

  /** How many connections it carries. */
  get connections() {
    return this.#pairs.size;
  }

  /** All is well (again): what was held comes now, late and in order, as after a real outage. */
  async passes() {
    this.#delay = 0;
    this.#becomes('passes');
    await this.#listens();
  }

  /** Nothing comes through, ends of connections included, and nothing is closed; new connections are accepted. */
  blackholes() {
    this.#becomes('holds');
  }

  /** Each piece comes `ms` later, in both directions. */
  delays(ms) {
    this.#delay = ms;
    this.#becomes('passes');
  }

  /** All connections are reset now; new ones pass. */
  resets() {
    for (const pair of [...this.#pairs]) pair.resets();
  }

  /** All connections are reset, and new ones are refused until it `passes()`. */
  async refuses() {
    const server = this.#server;
    this.#server = undefined;
    if (server) {
      const closed = new Promise((settle) => server.close(settle));
      this.resets();
      await closed;
    }
  }

  /**
   * The next request that fits is carried out by the server, but its answer never comes: the connection is reset as soon as the
   * server has answered. Both look at bytes: `request(bytes)` from the client, `answer(bytes)` from the server after that.
   * Resolves when it has happened.
   */
  losesAnswer({ request = () => true, answer = () => true } = {}) {
    return new Promise((happened) => {
      this.#loss = { request, answer, happened };
    });
  }

  /** No answer is to be lost any more, where none was yet. */
  losesNothing() {
    this.#loss = undefined;
  }

  async close() {
    await this.refuses();
  }

  #listens() {
    if (this.#server) return;
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#carries(socket));
    this.#server = server;
    return new Promise((listening, failed) => {
      server.once('error', failed);
      server.listen(this.port, this.host, listening);
    });
  }

  #becomes(state) {
    this.#state = state;
    for (const pair of this.#pairs) pair.flushes();
  }

  #carries(client) {
    const server = connect({ port: this.target, host: this.host, allowHalfOpen: true, noDelay: true });
    const waits = () => (this.#state === 'holds' ? undefined : this.#delay);
    const pair = new Pair(client, server, waits);
    this.#pairs.add(pair);
    pair.gone = () => this.#pairs.delete(pair);
    client.on('data', (bytes) => {
      if (this.#state === 'passes' && this.#loss?.request(bytes)) {
        const { answer, happened } = this.#loss;
        this.#loss = undefined;
        pair.forgets(answer, happened);
      }
      pair.there.takes(bytes);
    });
    server.on('data', (bytes) => pair.back.takes(bytes));
  }
}

/** The two halves of one connection. */
class Pair {
  constructor(client, server, waits) {
    this.sockets = [client, server];
    this.there = new Lane(server, waits);
    this.back = new Lane(client, waits);
    for (const [from, lane] of [
      [client, this.there],
      [server, this.back],
    ]) {
      from.on('end', () => lane.takes('end'));
      from.on('error', () => lane.takes('reset'));
      from.on('close', () => {
        if (client.destroyed && server.destroyed) this.gone?.();
      });
    }
  }

  flushes() {
    this.there.flushes();
    this.back.flushes();
  }

  /** Swallows what the server says from now on, and resets both sides once that is the answer. */
  forgets(answer, happened) {
    this.back.takes = (bytes) => {
      if (bytes !== 'end' && bytes !== 'reset' && !answer(bytes)) return;
      this.resets();
      happened();
    };
  }

  resets() {
    for (const socket of this.sockets) reset(socket);
    this.gone?.();
  }
}

/** One direction: what came and is to go on, each piece not before its time. */
class Lane {
  #held = [];
  #timer = undefined;

  constructor(to, waits) {
    this.to = to;
    this.waits = waits;
  }

  takes(piece) {
    this.#held.push({ piece, came: Date.now() });
    this.flushes();
  }

  flushes() {
    clearTimeout(this.#timer);
    for (;;) {
      const wait = this.waits();
      if (wait === undefined || this.#held.length === 0) return;
      const early = this.#held[0].came + wait - Date.now();
      if (early > 0) {
        this.#timer = setTimeout(() => this.flushes(), early);
        return;
      }
      const { piece } = this.#held.shift();
      if (piece === 'end') this.to.end();
      else if (piece === 'reset') reset(this.to);
      else if (!this.to.destroyed) this.to.write(piece);
    }
  }
}

function reset(socket) {
  // A connection that is still being made cannot be reset; nor one whose end was sent, which Node would never let go of.
  if (socket.connecting || socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
