// How much one address may have here at a time, and how many accounts it may make: whoever takes too much is stopped, and others are
// not, whether they come by themselves or through a proxy.

import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { asks, codeOf, upgrading } from './support/http.js';
import { until, within } from './support/limits.js';
import { embedded } from './support/town.js';

const MOST = 12;
const polling = '/socket.io/?EIO=4&transport=polling';
const websocket = '/socket.io/?EIO=4&transport=websocket';

/** A connection from another of the machine's own addresses, so that the story's other requests are not in its way. */
function dials(town, localAddress) {
  const line = { socket: connect({ port: town.servers[0].port, host: '127.0.0.1', localAddress }), heard: '' };
  line.socket.on('error', () => {});
  line.socket.setEncoding('utf8').on('data', (text) => (line.heard += text));
  line.closed = new Promise((settle) => line.socket.once('close', settle));
  /** `true` where it is served, `false` where it is closed without a word. */
  line.isServed = async () => {
    line.socket.write('GET /health HTTP/1.1\r\nhost: belfry\r\n\r\n');
    const answered = until(
      () => line.heard.includes('{"status":"ok"}') || line.socket.destroyed,
      'an answer or the end',
    );
    await answered;
    if (!line.heard.includes('{"status":"ok"}')) assert.equal(line.heard, '');
    return line.heard !== '';
  };
  town.whenItEnds(() => line.socket.destroy());
  return line;
}

/** So many of them, all served. */
async function fills(town, localAddress, count = MOST) {
  const lines = Array.from({ length: count }, () => dials(town, localAddress));
  const served = await Promise.all(lines.map((line) => line.isServed()));
  assert.ok(served.every((one) => one));
  return lines;
}

async function figure(town, name) {
  const { text } = await town.rest().get('/metrics');
  const line = text.split('\n').find((one) => one.startsWith(`belfry_${name} `));
  return line ? Number(line.split(' ').at(-1)) : 0;
}

const refusals = (town) => figure(town, 'rate_limited_total{limit="connections"}');

const opens = (town, path, from, options = {}) =>
  asks(`${town.address()}${path}`, { ...options, headers: { 'x-forwarded-for': from, ...options.headers } });

function isTooMany(answer, told) {
  assert.equal(answer.status, 429, `${told}: ${answer.body}`);
  assert.equal(codeOf(answer), 'rate_limited');
  assert.match(answer.headers['retry-after'], /^[1-9]/);
}

describe('CONNECTIONS_PER_ADDRESS', { concurrency: 8 }, () => {
  test('one connection too many is closed at once; those that are there go on, and so does everybody else', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: `${MOST}` });
    const lines = await fills(town, '127.0.0.5');
    for (let n = 0; n < 3; n++) assert.equal(await dials(town, '127.0.0.5').isServed(), false);
    assert.equal(await refusals(town), 3);
    const told = () =>
      town.servers[0].program
        .said(400)
        .split('\n')
        .filter((line) => line.includes('127.0.0.5 has'));
    assert.equal(told().length, 1, 'one line a minute');
    assert.match(told()[0], /12 connections here.*CONNECTIONS_PER_ADDRESS/);
    assert.equal(await dials(town, '127.0.0.6').isServed(), true, 'another address');
    lines[0].heard = '';
    assert.equal(await lines[0].isServed(), true, 'one that was there before');
    lines[0].socket.destroy();
    await until(() => dials(town, '127.0.0.5').isServed(), 'there is room again');
  });

  test('a websocket keeps its place until it ends', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: '3' });
    const sockets = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const line = dials(town, '127.0.0.5');
        const head = Object.entries(upgrading).map(([name, value]) => `${name}: ${value}\r\n`);
        line.socket.write(`GET ${websocket} HTTP/1.1\r\nhost: x\r\n${head.join('')}\r\n`);
        await until(() => line.heard.includes('101 Switching'), 'the websocket');
        return line;
      }),
    );
    assert.equal(await dials(town, '127.0.0.5').isServed(), false);
    sockets[0].socket.destroy();
    await until(() => dials(town, '127.0.0.5').isServed(), 'there is room again');
  });

  test('over one connection no more polling sessions are opened than there may be connections', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: `${MOST}` });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const options = { agent, localAddress: '127.0.0.5' };
    const open = () => asks(`${town.address()}${polling}`, options);
    for (let n = 0; n < MOST; n++) assert.equal((await open()).status, 200);
    isTooMany(await open(), 'one session too many');
    isTooMany(await asks(`${town.address()}${websocket}`, { ...options, headers: upgrading }), 'or a websocket');
    // They never say who they are, and are ended in 10 s.
    await until(async () => (await open()).status === 200, 'there is room again');
  });

  test('behind a trusted proxy it is the client who has so many sessions, and the proxy as many as it likes', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: `${MOST}`, TRUSTED_PROXIES: '127.0.0.1' });
    // The proxy's own connections: twice what one address may have.
    await fills(town, '127.0.0.1', 2 * MOST);
    for (let n = 0; n < MOST; n++) assert.equal((await opens(town, polling, '203.0.113.9')).status, 200);
    isTooMany(await opens(town, polling, '203.0.113.9'), 'a session');
    isTooMany(await opens(town, websocket, '203.0.113.9', { headers: upgrading }), 'a websocket');
    isTooMany(await opens(town, polling, '6.6.6.6, 203.0.113.9'), 'what a client adds is not believed');
    assert.equal((await opens(town, polling, '203.0.113.10')).status, 200, 'another client');
    assert.equal((await opens(town, '/api/openapi.json', '203.0.113.9')).status, 200, 'REST has its own count');
    assert.equal(await refusals(town), 3);
  });

  test('of IPv6 a network of 64 bits counts as one', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: `${MOST}`, TRUSTED_PROXIES: '127.0.0.1' });
    for (let n = 0; n < MOST; n++) assert.equal((await opens(town, polling, `2001:db8::${n + 1}`)).status, 200);
    isTooMany(await opens(town, polling, '2001:db8::ffff'), 'the same network');
    assert.equal((await opens(town, polling, '2001:db8:0:1::1')).status, 200, 'the one beside it');
  });

  test('behind a trusted proxy a client may have so many requests under way', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: '3', TRUSTED_PROXIES: '127.0.0.1' });
    const lines = Array.from({ length: 4 }, () => {
      const line = dials(town, '127.0.0.1');
      line.socket.write(
        'POST /api/auth/guest HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.9\r\ncontent-length: 9\r\n\r\n{',
      );
      return line;
    });
    const refused = await until(() => lines.find((line) => line.heard.includes(' 429 ')), 'the fourth is too many');
    const slow = lines.filter((line) => line !== refused);
    isTooMany(await opens(town, '/api/openapi.json', '203.0.113.9'), 'one more');
    assert.equal((await opens(town, '/api/openapi.json', '203.0.113.10')).status, 200, 'another client');
    for (const line of slow) await within(line.closed, 'a body that never ends is not waited for', { limit: 25_000 });
    assert.equal((await opens(town, '/api/openapi.json', '203.0.113.9')).status, 200);
  });

  test('off: as many as there are', async (t) => {
    const town = await embedded(t, { CONNECTIONS_PER_ADDRESS: 'off' });
    await fills(town, '127.0.0.5', 1_100);
    assert.equal(await refusals(town), 0);
  });
});

test('the head of a request has 32 KiB, and not a byte more', async (t) => {
  const town = await embedded(t);
  const asked = async (bytes) => {
    const line = dials(town, '127.0.0.1');
    const [begin, end] = ['GET /health HTTP/1.1\r\nhost: belfry\r\nconnection: close\r\nx-long: ', '\r\n\r\n'];
    line.socket.write(`${begin}${'x'.repeat(bytes - begin.length - end.length)}${end}`);
    await within(line.closed, 'an answer');
    return line.heard;
  };
  assert.match(await asked(32_768), /^HTTP\/1\.1 200 /);
  for (const bytes of [32_769, 45_000]) {
    const answer = await asked(bytes);
    assert.match(answer, /^HTTP\/1\.1 431 /, `${bytes} bytes`);
    assert.match(answer, /application\/problem\+json/);
    assert.match(answer, /nosniff/);
  }
  const path = `/health?${'x'.repeat(33_000)}`;
  assert.equal((await asks(`${town.address()}${path}`)).status, 431, 'of a path');
  assert.equal((await town.rest().get('/health')).status, 200);
});

describe('ACCOUNTS_PER_ADDRESS', { concurrency: 4 }, () => {
  const guest = (town, from, username = 'Ada') =>
    opens(town, '/api/auth/guest', from, { method: 'POST', body: JSON.stringify({ username }) });
  const account = (town, from, username) =>
    opens(town, '/api/auth/register', from, {
      method: 'POST',
      body: JSON.stringify({ username, password: 'correct horse' }),
    });

  test('guests and accounts of one address are counted together, what is refused anyway is not, others are not concerned', async (t) => {
    const town = await embedded(t, { ACCOUNTS_PER_ADDRESS: '4', TRUSTED_PROXIES: '127.0.0.1' });
    for (let n = 0; n < 2; n++) assert.equal((await guest(town, '203.0.113.9')).status, 200);
    for (let n = 0; n < 9; n++) assert.equal((await guest(town, '203.0.113.9', '')).status, 400);
    for (let n = 0; n < 2; n++) assert.equal((await account(town, '203.0.113.9', `Bob${n}`)).status, 201);
    isTooMany(await account(town, '203.0.113.9', 'Eve'), 'an account');
    const last = await guest(town, '203.0.113.9');
    isTooMany(last, 'a guest');
    assert.ok(JSON.parse(last.body).retryAfterMs <= 900_000, 'one more in a quarter of an hour');
    assert.equal((await guest(town, '203.0.113.10')).status, 200);
    assert.equal(await figure(town, 'rate_limited_total{limit="accounts"}'), 2);
  });

  test('off: as many as there are', async (t) => {
    const town = await embedded(t, { ACCOUNTS_PER_ADDRESS: 'off' });
    for (let n = 0; n < 20; n++) {
      const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => guest(town, '', `G${n}-${i}`)));
      assert.ok(answers.every(({ status }) => status === 200));
    }
  });
});
