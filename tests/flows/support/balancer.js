// A load balancer as plain as can be: each new TCP connection goes to the next server that accepts it.

import { connect, createServer } from 'node:net';

export class Balancer {
  #server;
  #next = 0;
  #sockets = new Set();

  static async before(ports) {
    const balancer = new Balancer();
    balancer.ports = ports;
    balancer.#server = createServer({ allowHalfOpen: false }, (socket) => balancer.#forward(socket, ports.length));
    await new Promise((listening) => balancer.#server.listen(0, '127.0.0.1', listening));
    balancer.url = `http://127.0.0.1:${balancer.#server.address().port}`;
    return balancer;
  }

  #forward(socket, tries) {
    if (tries === 0) return socket.destroy();
    const port = this.ports[this.#next++ % this.ports.length];
    const server = connect(port, '127.0.0.1');
    const refused = () => this.#forward(socket, tries - 1);
    server.once('error', refused);
    server.once('connect', () => {
      server.off('error', refused);
      for (const [one, other] of [
        [socket, server],
        [server, socket],
      ]) {
        this.#sockets.add(one);
        one.setNoDelay(true);
        one.on('error', () => {});
        one.once('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}
