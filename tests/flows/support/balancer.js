// A load balancer as plain as can be: each new TCP connection goes to the next server that accepts it, and, once it looks for
// readiness, to none that is not ready.

import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Rest } from './rest.js';

/** Milliseconds between two looks at a server. */
const LOOK = 100;

export class Balancer {
  #server;
  #next = 0;
  #sockets = new Set();
  #unready = new Set();
  #isOpen = true;

  static async before(ports) {
    const balancer = new Balancer();
    balancer.ports = ports;
    balancer.#server = createServer({ allowHalfOpen: false }, (socket) => {
      // A client may reset it before there is a server for it.
      socket.on('error', () => {});
      balancer.#forward(socket, ports.length);
    });
    await new Promise((listening) => balancer.#server.listen(0, '127.0.0.1', listening));
    balancer.url = `http://127.0.0.1:${balancer.#server.address().port}`;
    return balancer;
  }

  /** From now on servers whose `/ready` does not answer 200 get no new connections. */
  looksForReadiness() {
    for (const port of this.ports) this.#watch(port);
  }

  async #watch(port) {
    const rest = new Rest(`http://127.0.0.1:${port}`);
    while (this.#isOpen) {
      const { status } = await rest.get('/ready').catch(() => ({}));
      if (status === 200) this.#unready.delete(port);
      else this.#unready.add(port);
      await pause(LOOK, undefined, { ref: false });
    }
  }

  #forward(socket, tries) {
    if (tries === 0) return socket.destroy();
    const port = this.ports[this.#next++ % this.ports.length];
    if (this.#unready.has(port)) return this.#forward(socket, tries - 1);
    const server = connect(port, '127.0.0.1');
    const refused = () => this.#forward(socket, tries - 1);
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      server.on('error', () => {});
      if (socket.destroyed) return server.destroy();
      for (const [one, other] of [
        [socket, server],
        [server, socket],
      ]) {
        this.#sockets.add(one);
        one.setNoDelay(true);
        one.once('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  close() {
    this.#isOpen = false;
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
