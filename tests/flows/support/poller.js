// A polling client without Socket.IO's manners: it sends any text, and may stop taking what its polls bring.

import { Agent, request } from 'node:http';
import { within } from './limits.js';

/** Between the packets of one payload. */
export const SEPARATOR = '\u001e';

export class RawPoller {
  frames = [];
  #listeners = new Set();
  #agent = new Agent({ keepAlive: true });
  #reads = true;
  #hasEnded = false;

  constructor(base) {
    this.url = `${base}/socket.io/?EIO=4&transport=polling`;
    /** Settles when a poll is answered with the end of the session. */
    this.closed = new Promise((resolve) => {
      this.ends = () => {
        this.#hasEnded = true;
        resolve();
      };
    });
  }

  async opens() {
    const { body } = await this.#asks('GET', this.url);
    this.url = `${this.url}&sid=${JSON.parse(body.slice(1)).sid}`;
    this.#polls();
  }

  /** Connects to the main namespace as a stock client does. */
  async handshakes(token) {
    this.sends(`40${JSON.stringify({ token })}`);
    await this.hears((frame) => frame.startsWith('40'), 'the answer to CONNECT');
  }

  /** In the order of the calls, which requests at the same time would not keep. */
  sends(text) {
    this.sent = Promise.resolve(this.sent)
      .then(() => this.#asks('POST', this.url, text))
      .catch(() => {});
    return this.sent;
  }

  /** The first frame that `fits`, heard already or within the limit. */
  hears(fits, what) {
    const past = this.frames.find(fits);
    if (past !== undefined) return Promise.resolve(past);
    let listen;
    const coming = new Promise((resolve) => {
      listen = (frame) => fits(frame) && resolve(frame);
      this.#listeners.add(listen);
    });
    return within(coming, what).finally(() => this.#listeners.delete(listen));
  }

  isCut() {
    return within(this.closed, 'the polling session has ended');
  }

  /** The poll under way may be answered; nothing of the answer is looked at, and no other poll follows. */
  stopsReading() {
    this.#reads = false;
  }

  readsAgain() {
    this.#reads = true;
    this.#polls();
  }

  close() {
    this.ends();
    this.#agent.destroy();
  }

  async #polls() {
    while (this.#reads && !this.#hasEnded) {
      const { status, body } = await this.#asks('GET', this.url).catch(() => ({ status: 0 }));
      if (status !== 200) return this.ends();
      for (const frame of body.split(SEPARATOR)) this.#heard(frame);
    }
  }

  #heard(frame) {
    if (frame === '2') return this.sends('3');
    if (frame === '1') return this.ends();
    this.frames.push(frame);
    for (const listen of [...this.#listeners]) listen(frame);
  }

  #asks(method, url, text) {
    return new Promise((resolve, reject) => {
      const asked = request(url, { method, agent: this.#agent, headers: { 'content-type': 'text/plain' } });
      asked.on('error', reject);
      asked.on('response', (response) => {
        // Without a listener the body stays where it is: in the buffers of the connection.
        if (!this.#reads) return;
        const pieces = [];
        response.on('data', (piece) => pieces.push(piece));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode, body: Buffer.concat(pieces).toString() }));
      });
      asked.end(text);
    });
  }
}
