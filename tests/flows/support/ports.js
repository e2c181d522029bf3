// Ports for servers that must know theirs before they start.

import { createServer } from 'node:net';

/**
 * A port on 127.0.0.1 that was free just now: below the range from which systems number outgoing connections, and above 10080, the last
 * one to which browsers and `fetch` refuse to go.
 */
export async function freePort() {
  for (;;) {
    const port = 10_100 + Math.floor(Math.random() * 21_900);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
