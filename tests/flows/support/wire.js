// A websocket client without Socket.IO's manners: it sends any text, at any time, and may stop reading.

import WebSocket from 'ws';
import { within } from './limits.js';

export class RawSocket {
  frames = [];
  #listeners = new Set();

  /** `options`: of `ws`, such as `ca` and `headers`. */
  constructor(base, options = {}) {
    this.socket = new WebSocket(`${base.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`, options);
    this.socket.on('message', (data, isBinary) => this.#heard(isBinary ? data : data.toString()));
    /** Settles when the connection is closed, however. */
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => {});
  }

  async opens() {
    await this.hears((frame) => frame.startsWith?.('0{'), 'the opening packet');
  }

  /** Connects to the main namespace as a stock client does. */
  async handshakes(token) {
    this.sends(`40${JSON.stringify({ token })}`);
    await this.hears((frame) => frame.startsWith?.('40'), 'the answer to CONNECT');
  }

  sends(text) {
    this.socket.send(text);
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
    return within(coming, what, { seen: () => this.saw() }).finally(() => this.#listeners.delete(listen));
  }

  /** Resolves with `'cut'`, or with the first `error` event or refusal that answers. */
  isCutOrTold() {
    const told = this.hears((frame) => /^(42\["error"|44|43\d*\[\{"ok":false)/.test(frame), 'an error or a cut').catch(
      (e) => e,
    );
    return Promise.race([this.closed.then(() => 'cut'), told]).then((outcome) => {
      if (outcome instanceof Error) throw outcome;
      return outcome;
    });
  }

  isCut() {
    return within(this.closed, 'the connection is cut', { seen: () => this.saw() });
  }

  stopsReading() {
    this.socket.pause();
  }

  readsAgain() {
    this.socket.resume();
  }

  /** Reads what has come (64 kB at most) only every `pause` milliseconds, until `stops()`. */
  readsInSips(pause) {
    const { socket } = this;
    // Below the websocket, which would pause only between its frames.
    const stream = socket._socket;
    const sip = () => stream.pause();
    stream.on('data', sip);
    const timer = setInterval(() => stream.resume(), pause);
    return {
      stops() {
        clearInterval(timer);
        stream.off('data', sip);
        stream.resume();
      },
    };
  }

  close() {
    this.socket.terminate();
  }

  saw() {
    return [
      '--- the raw socket saw:',
      ...this.frames.slice(-8).map((frame) => `  ${String(frame).slice(0, 200)}`),
    ].join('\n');
  }

  #heard(frame) {
    if (frame === '2') return this.sends('3');
    this.frames.push(frame);
    for (const listen of [...this.#listeners]) listen(frame);
  }
}
