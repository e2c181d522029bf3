// https and wss without a proxy: real clients over both transports, certificates that change, and connections that are cut all the same.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect as secureConnect } from 'node:tls';
import { io } from 'socket.io-client';
import { certificate } from './support/certificates.js';
import { asks, codeOf } from './support/http.js';
import { LIMIT, until, within } from './support/limits.js';
import { freePort } from './support/ports.js';
import { empty, unhurried } from './support/town.js';
import { RawSocket } from './support/wire.js';

const KEY = 'a-key-for-stories';
/** What a handshake may take is 10 s; the rest is for a busy machine. */
const STEP = 14_000;

/** A server that speaks TLS alone, with a certificate of its own. */
async function secured(t, settings = {}) {
  const town = await empty(t, { ...unhurried, SERVER_API_KEY: KEY, ...settings });
  const made = await certificate(join(town.directory, 'tls'), 'first');
  const port = await freePort();
  const files = { TLS_CERT: made.cert, TLS_KEY: made.key };
  const program = town.runs(['serve'], { BIND_ADDR: `127.0.0.1:${port}`, ...files });
  const url = `https://127.0.0.1:${port}`;
  const place = { town, program, port, url, ...made };
  place.asks = (path, options = {}) => asks(`${url}${path}`, { ca: place.ca, ...options });
  place.posts = async (path, body, token) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return place.asks(path, { method: 'POST', body: JSON.stringify(body), headers });
  };
  const isReady = async () => (await place.asks('/ready').catch(() => ({}))).status === 200;
  await until(isReady, 'the server is ready', { seen: () => program.said() });
  return place;
}

async function guest(place, username) {
  const { body } = await place.posts('/api/auth/guest', { username });
  return JSON.parse(body);
}

/** The stock client over this transport, connected. */
async function comes(place, username, transports) {
  const { accessToken: token, user } = await guest(place, username);
  const socket = io(place.url, { auth: { token }, transports, ca: place.ca, forceNew: true, reconnection: false });
  place.town.whenItEnds(() => socket.disconnect());
  await within(
    new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('connect_error', reject);
    }),
    `${username} connects`,
  );
  const does = (event, argument) => socket.timeout(LIMIT).emitWithAck(event, argument);
  const hears = (event, fits) =>
    within(
      new Promise((resolve) => {
        const listen = (data) => fits(data) && resolve(data);
        socket.on(event, listen);
      }),
      `${username} hears ${event}`,
    );
  return { socket, user, token, does, hears };
}

/** The certificate that the server shows, and what was agreed upon. */
async function handshake(place, options = {}) {
  const socket = secureConnect({ port: place.port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  await within(once(socket, 'secureConnect'), 'a handshake of TLS');
  const shown = socket.getPeerX509Certificate().subject;
  const agreed = { protocol: socket.getProtocol(), alpn: socket.alpnProtocol };
  socket.destroy();
  return { shown, ...agreed };
}

const place = await secured({ after }, { HSTS_SECONDS: '600' });

describe('over TLS', { concurrency: 8 }, () => {
  for (const transports of [['websocket'], ['polling'], ['polling', 'websocket']]) {
    test(`the stock client comes in by ${transports.join(' and then ')}, speaks and is heard`, async () => {
      const room = `by-${transports.join('-')}`;
      const [ada, bob] = [await comes(place, 'Ada', transports), await comes(place, 'Bob', transports)];
      for (const one of [ada, bob]) assert.equal((await one.does('join:room', room)).ok, true);
      const heard = bob.hears('message:new', (message) => message.content === 'hello');
      assert.equal((await ada.does('message:send', { roomId: room, content: 'hello' })).ok, true);
      await heard;
      // Larger than what TLS and the kernel take at once.
      const load = 'x'.repeat(200_000);
      const loaded = Array.from({ length: 10 }, (_, n) => bob.hears('load', (data) => data === `${n}${load}`));
      for (let n = 0; n < 10; n++) {
        const published = await place.posts('/api/publish', { to: { room }, event: 'load', data: `${n}${load}` }, KEY);
        assert.equal(published.status, 202);
      }
      await Promise.all(loaded);
    });
  }

  test('TLS 1.2 and 1.3 are spoken, and HTTP/1.1 is agreed upon', async () => {
    const agreed = { ALPNProtocols: ['h2', 'http/1.1'] };
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      const told = await handshake(place, { minVersion: version, maxVersion: version, ...agreed });
      assert.deepEqual([told.protocol, told.alpn], [version, 'http/1.1']);
    }
  });

  test('HSTS is said, and a page that came by plain http is none of this server', async () => {
    const { headers } = await place.asks('/');
    assert.equal(headers['strict-transport-security'], 'max-age=600');
    const path = '/socket.io/?EIO=4&transport=polling';
    const own = await place.asks(path, { headers: { origin: place.url } });
    assert.equal(own.status, 200);
    const plain = await place.asks(path, { headers: { origin: place.url.replace('https', 'http') } });
    assert.deepEqual([plain.status, codeOf(plain)], [403, 'forbidden']);
  });

  test('who stops reading is cut at 4 MiB and gone for the others, as without TLS', async () => {
    const room = 'slow';
    const ada = await comes(place, 'Ada', ['websocket']);
    await ada.does('join:room', room);
    const { accessToken, user } = await guest(place, 'Slow');
    const raw = new RawSocket(place.url, { ca: place.ca });
    place.town.whenItEnds(() => raw.close());
    await raw.opens();
    await raw.handshakes(accessToken);
    raw.sends(`421["join:room","${room}"]`);
    await raw.hears((frame) => frame.startsWith('431[{"ok":true'), 'the acknowledgement of the join');
    raw.stopsReading();
    const left = ada.hears('user:left', ({ userId }) => userId === user.id);
    for (let n = 0; n < 40; n++) {
      await place.posts('/api/publish', { to: { room }, event: 'load', data: 'x'.repeat(200_000) }, KEY);
    }
    await left;
    const { body } = await place.asks('/metrics');
    assert.match(body, /^belfry_links_cut_total\{reason="(bytes|heartbeat|time)"\} [1-9]/m);
    raw.readsAgain();
    await raw.isCut();
  });

  test('who never finishes the handshake is closed in time, and holds nobody up meanwhile', async () => {
    const silent = Array.from({ length: 100 }, () => connect(place.port, '127.0.0.1'));
    const closed = silent.map((socket) => {
      socket.on('error', () => {});
      // Half a handshake is as good as none.
      socket.once('connect', () => socket.write(Buffer.from([0x16, 0x03, 0x01, 0x02])));
      return new Promise((settle) => socket.resume().once('close', settle));
    });
    await Promise.all(silent.map((socket) => socket.connecting && once(socket, 'connect')));
    assert.equal((await place.asks('/health')).status, 200);
    assert.ok(
      silent.every((socket) => !socket.destroyed),
      'they are still at it',
    );
    await within(Promise.all(closed), 'the silent ones are closed', { limit: STEP });
  });

  test('who speaks plain HTTP here is not answered', async () => {
    await assert.rejects(asks(place.url.replace('https', 'http')));
  });
});

test('new files are taken at SIGHUP: who is there stays, who comes sees the new certificate, and bad ones change nothing', async (t) => {
  const own = await secured(t);
  const ada = await comes(own, 'Ada', ['websocket']);
  assert.match((await handshake(own)).shown, /CN=first/);
  const said = (words) => until(() => own.program.said(400).includes(words), words, { seen: () => own.program.said() });

  await writeFile(own.cert, 'half a certific');
  own.program.signal('SIGHUP');
  await said('The certificate before it stays.');
  assert.match((await handshake(own)).shown, /CN=first/);

  const next = await certificate(join(own.town.directory, 'tls'), 'second');
  await copyFile(next.cert, own.cert);
  own.program.signal('SIGHUP');
  await said('is the key of another certificate');
  assert.match((await handshake(own)).shown, /CN=first/);

  await copyFile(next.key, own.key);
  own.program.signal('SIGHUP');
  await said('new connections get the new certificate');
  assert.match((await handshake(own)).shown, /CN=second/);
  assert.equal((await ada.does('join:room', 'lobby')).ok, true);
});

test('files that cannot be used stop the program with one line that names the setting and the cause', async (t) => {
  const town = await empty(t);
  const here = (name) => join(town.directory, name);
  const [one, other] = [await certificate(here('tls'), 'one'), await certificate(here('tls'), 'other')];
  await writeFile(here('noise.pem'), 'noise');
  await writeFile(
    here('broken.pem'),
    '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n',
  );
  await mkdir(here('folder'));
  const cases = [
    [{ TLS_CERT: one.cert }, /^TLS_KEY: .*TLS_CERT/],
    [{ TLS_KEY: one.key }, /^TLS_CERT: .*TLS_KEY/],
    [{ TLS_CERT: here('none.pem'), TLS_KEY: one.key }, /^TLS_CERT: .*none\.pem cannot be read: No such file/],
    [{ TLS_CERT: one.cert, TLS_KEY: here('folder') }, /^TLS_KEY: .*folder cannot be read/],
    [{ TLS_CERT: here('noise.pem'), TLS_KEY: one.key }, /^TLS_CERT: .*noise\.pem holds no certificate/],
    [{ TLS_CERT: here('broken.pem'), TLS_KEY: one.key }, /^TLS_CERT: .*broken\.pem holds no usable certificate/],
    [{ TLS_CERT: one.cert, TLS_KEY: one.cert }, /^TLS_KEY: .*one\.pem holds no private key/],
    [
      { TLS_CERT: one.cert, TLS_KEY: other.key },
      /^TLS_KEY: .*other\.key is the key of another certificate than .*one\.pem/,
    ],
  ];
  for (const [settings, line] of cases) {
    const program = town.runs(['serve'], { BIND_ADDR: '127.0.0.1:0', ...settings });
    const { code } = await program.exit();
    assert.ok(code === 1 || code === 2, `${code}: ${program.said()}`);
    assert.equal(program.errors.length, 1, program.said());
    assert.match(program.errors[0].replace(/^belfry: /, ''), line);
  }
});
