// One HTTP request exactly as it is written, and its answer as it came: headers that `fetch` keeps to itself, and websockets' handshakes.

import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { LIMIT } from './limits.js';

/**
 * `{ status, headers, body }` of an answer. Options: `method`, `headers`, `body`, `ca` and whatever else `node:https` takes. What goes
 * over to a websocket is answered with 101, and closed.
 */
export function asks(url, { body, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? secure : plain;
    const asked = request(url, { agent: false, timeout: LIMIT, ...options });
    asked.on('error', reject);
    asked.on('timeout', () => asked.destroy(new Error(`no answer from ${url}`)));
    asked.on('upgrade', (answer, socket) => {
      socket.destroy();
      resolve({ status: answer.statusCode, headers: answer.headers, body: '' });
    });
    asked.on('response', async (answer) => {
      const text = Buffer.concat(await answer.toArray().catch(() => [])).toString();
      resolve({ status: answer.statusCode, headers: answer.headers, body: text });
    });
    asked.end(body);
  });
}

/** What a websocket's handshake is asked with. */
export const upgrading = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** The code of a problem description. */
export function codeOf({ body }) {
  return JSON.parse(body).code;
}
