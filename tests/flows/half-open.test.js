// Connections that begin and go no further: each is closed in bounded time, whichever step it stopped at.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, describe, test } from 'node:test';
import WebSocket from 'ws';
import { LIMIT, until, within } from './support/limits.js';
import { embedded } from './support/town.js';

const town = await embedded({ after });
/** What a step may take is 10 s; the rest is for a busy machine. */
const STEP = 25_000;

describe('a connection', { concurrency: 8 }, () => {
  test('that never says anything is closed', async () => {
    const line = opened();
    await line.isClosed();
  });

  test('that never finishes the head of its request is closed, however busily it writes', async () => {
    const line = opened();
    line.socket.write('GET /health HTTP/1.1\r\nHost: belfry\r\n');
    const drip = setInterval(() => line.socket.write('X-Drip: 1\r\n'), 500);
    await line.isClosed().finally(() => clearInterval(drip));
  });

  test('that never finishes the body of its request is answered and closed', async () => {
    for (const path of ['/api/auth/guest', await pollingPath()]) {
      const line = opened();
      line.socket.write(`POST ${path} HTTP/1.1\r\nHost: belfry\r\nContent-Length: 100\r\n\r\n{`);
      await line.isClosed();
      assert.match(line.heard, /^HTTP\/1\.1 (503|400|413)/);
    }
  });

  test('whose request has a head without end, or too many headers, is told so and closed', async () => {
    const long = opened();
    long.socket.write(`GET /health HTTP/1.1\r\nhost: belfry\r\nx-long: ${'x'.repeat(40_000)}`);
    await long.isClosed();
    assert.match(long.heard, /^HTTP\/1\.1 431/);
    const path = opened();
    path.socket.write(`GET /${'x'.repeat(70_000)} HTTP/1.1\r\nhost: belfry\r\n\r\n`);
    await path.isClosed();
    assert.match(path.heard, /^HTTP\/1\.1 (414|431)/);
    const many = opened();
    many.socket.write(`GET /health HTTP/1.1\r\nhost: belfry\r\n${'x-many: 1\r\n'.repeat(120)}\r\n`);
    await many.isClosed();
    assert.match(many.heard, /^HTTP\/1\.1 431/);
  });

  test('that asks for many things without waiting is answered one after another, in order', async () => {
    const line = opened();
    const ask = (n) => `GET /api/nothing-${n} HTTP/1.1\r\nhost: belfry\r\n${n % 2 ? 'x-odd: 1\r\n' : ''}\r\n`;
    const asked = Array.from({ length: 50 }, (_, n) => (n % 2 ? ask(n) : ask(n).replace('/api/nothing', '/health?')));
    line.socket.write(`${asked.join('')}GET /health HTTP/1.1\r\nhost: belfry\r\nconnection: close\r\n\r\n`);
    await line.isClosed();
    const statuses = line.heard.match(/HTTP\/1\.1 \d+/g).map((status) => status.slice(-3));
    assert.deepEqual(
      statuses,
      Array.from({ length: 51 }, (_, n) => (n % 2 ? '404' : '200')),
    );
  });

  test('that becomes a websocket and never connects to the namespace is cut', async () => {
    const silent = await town.raw();
    await within(silent.closed, 'the websocket is cut', { limit: STEP });
    await until(async () => {
      const { text } = await town.rest().get('/metrics');
      return /^belfry_links_cut_total\{reason="handshake"\} [1-9]/m.test(text);
    }, 'the cut is counted');
  });

  test('that is refused at the namespace and stays is cut', async () => {
    const stranger = await town.raw();
    stranger.sends('40{"token":"nonsense"}');
    await stranger.hears((frame) => frame.startsWith('44'), 'the refusal');
    await within(stranger.closed, 'the websocket is cut', { limit: STEP });
  });

  test('of a polling session that never connects to the namespace is worth nothing after 10 s', async () => {
    const path = await pollingPath();
    const answers = async (status) => {
      const line = opened();
      line.socket.write(`POST ${path} HTTP/1.1\r\nHost: belfry\r\nContent-Length: 1\r\nConnection: close\r\n\r\n3`);
      await line.isClosed();
      return line.heard.startsWith(`HTTP/1.1 ${status} `);
    };
    assert.ok(await answers(200), 'it is worth something at first');
    await until(() => answers(400), 'the session is gone', { limit: STEP });
  });

  test('that never finishes going over to a websocket is cut, and its user is gone', async () => {
    const [ada, half] = [await town.guest('Ada'), await town.guest('Half')];
    await ada.joins('upgrades');
    half.goes();
    const path = await pollingPath();
    await posts(path, `40${JSON.stringify({ token: half.token })}`);
    await posts(path, '421["join:room","upgrades"]');
    await ada.sees('user:joined', { roomId: 'upgrades', userId: half.id });
    const base = town.address().replace('http', 'ws');
    const socket = new WebSocket(`${base}${path.replace('polling', 'websocket')}`);
    town.whenItEnds(() => socket.terminate());
    socket.on('error', () => {});
    const closed = new Promise((settle) => socket.once('close', settle));
    socket.once('open', () => socket.send('2probe'));
    await within(closed, 'the websocket is cut', { limit: STEP });
    await ada.sees('user:left', { roomId: 'upgrades', userId: half.id }, { limit: STEP });
  });
});

function opened() {
  const line = { heard: '', socket: connect({ port: town.servers[0].port, host: '127.0.0.1' }) };
  line.socket.setEncoding('utf8').on('data', (text) => (line.heard += text));
  line.socket.on('error', () => {});
  const closed = new Promise((settle) => line.socket.once('close', settle));
  line.isClosed = () => within(closed, 'the connection is closed', { limit: STEP, seen: () => line.heard });
  town.whenItEnds(() => line.socket.destroy());
  return line;
}

/** The path of a polling session that has just been opened. */
async function pollingPath() {
  const path = '/socket.io/?EIO=4&transport=polling';
  const text = await (await fetch(`${town.address()}${path}`, { signal: AbortSignal.timeout(LIMIT) })).text();
  return `${path}&sid=${JSON.parse(text.slice(1)).sid}`;
}

function posts(path, body) {
  return fetch(`${town.address()}${path}`, { method: 'POST', body, signal: AbortSignal.timeout(LIMIT) });
}
