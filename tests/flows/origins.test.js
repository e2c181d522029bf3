// Pages of other origins: a browser sends their sockets here with whatever they like, so the server looks where they come from.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { asks, codeOf, upgrading } from './support/http.js';
import { embedded } from './support/town.js';

const friend = 'https://chat.example.org';
const stranger = 'https://elsewhere.example';
const town = await embedded({ after }, { CORS_ORIGINS: `${friend}, http://Localhost:80` });
const behind = await embedded({ after }, { TRUSTED_PROXIES: '127.0.0.1' });

const path = '/socket.io/?EIO=4&transport=';

/** A polling session of nobody's in particular. */
async function session(place) {
  const { body } = await asks(`${place.address()}${path}polling`);
  return JSON.parse(body.slice(1)).sid;
}

/** All ways to the socket, as functions of where the page comes from, with what each answers to a page that may. */
const ways = {
  'opening a session by polling': [200, (place, headers) => asks(`${place.address()}${path}polling`, { headers })],
  'posting to a session': [
    200,
    async (place, headers) =>
      asks(`${place.address()}${path}polling&sid=${await session(place)}`, { method: 'POST', body: '3', headers }),
  ],
  'polling a session': [
    200,
    async (place, headers) => {
      const url = `${place.address()}${path}polling&sid=${await session(place)}`;
      // The heartbeat of 3 s answers it.
      return asks(url, { headers });
    },
  ],
  'opening a websocket': [
    101,
    (place, headers) => asks(`${place.address()}${path}websocket`, { headers: { ...upgrading, ...headers } }),
  ],
  'going over to a websocket': [
    101,
    async (place, headers) => {
      const url = `${place.address()}${path}websocket&sid=${await session(place)}`;
      return asks(url, { headers: { ...upgrading, ...headers } });
    },
  ],
};

function isRefused(answer, told) {
  assert.equal(answer.status, 403, told);
  assert.match(answer.headers['content-type'], /^application\/problem\+json/, told);
  assert.equal(codeOf(answer), 'forbidden', told);
  assert.match(answer.body, /CORS_ORIGINS/, told);
  assert.equal(answer.headers['access-control-allow-origin'], undefined, told);
}

describe('the socket', { concurrency: 8 }, () => {
  for (const [way, [done, goes]] of Object.entries(ways)) {
    test(`${way}: not for pages of other origins`, async () => {
      const { host } = new URL(town.address());
      const strangers = [
        stranger,
        'null',
        `http://${host}.elsewhere.example`,
        'http://127.0.0.1:1',
        `http://me@${host}`,
      ];
      for (const origin of strangers) isRefused(await goes(town, { origin }), origin);
      isRefused(await goes(town, { origin: [stranger, `http://${host}`] }), 'two origins');
      isRefused(
        await goes(town, { origin: stranger, 'x-forwarded-host': 'elsewhere.example' }),
        'a host that it names',
      );
      isRefused(await goes(town, { 'sec-fetch-site': 'cross-site' }), 'no origin, but from another site');
    });

    test(`${way}: for this server's own page, those that are listed, and whatever is no browser`, async () => {
      const { host } = new URL(town.address());
      for (const origin of [`http://${host}`, `HTTP://${host}`, friend, `${friend}:443`, 'http://localhost']) {
        assert.equal((await goes(town, { origin })).status, done, origin);
      }
      assert.equal((await goes(town, {})).status, done, 'no browser');
      assert.equal((await goes(town, { 'sec-fetch-site': 'same-origin' })).status, done, 'its own page');
    });
  }

  test('behind a trusted proxy the host and the scheme are those that it names', async () => {
    const goes = ways['opening a websocket'][1];
    const named = { 'x-forwarded-host': 'chat.example.org', 'x-forwarded-proto': 'https' };
    assert.equal((await goes(behind, { origin: friend, ...named })).status, 101);
    assert.equal((await goes(behind, { origin: friend, ...named, 'x-forwarded-proto': 'wss' })).status, 101);
    isRefused(await goes(behind, { origin: 'http://chat.example.org', ...named }), 'by http');
    const further = { ...named, 'x-forwarded-proto': 'http' };
    assert.equal((await goes(behind, { origin: friend, ...further })).status, 101, 'TLS ended before that proxy');
    isRefused(await goes(behind, { origin: stranger, ...named }), 'a stranger');
    isRefused(await goes(behind, { origin: friend }), 'a host that nobody names');
  });

  test('behind a proxy that nobody named, a page that came by https is at home by its host alone', async () => {
    const goes = ways['opening a websocket'][1];
    assert.equal((await goes(town, { origin: 'https://bells.example', host: 'bells.example' })).status, 101);
  });

  test('null may be listed', async (t) => {
    const open = await embedded(t, { CORS_ORIGINS: 'null' });
    const { status, headers } = await asks(`${open.address()}${path}polling`, { headers: { origin: 'null' } });
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], 'null');
  });

  test('apps may be listed by what their shells say, and are let in by that alone', async (t) => {
    const apps = ['capacitor://localhost', 'tauri://localhost', 'file://', 'chrome-extension://abcdefghijklmnop'];
    const open = await embedded(t, { CORS_ORIGINS: apps.join(', ') });
    const goes = (place, origin) => asks(`${place.address()}${path}polling`, { headers: { origin } });
    for (const origin of apps) {
      const { status, headers } = await goes(open, origin);
      assert.equal(status, 200, origin);
      assert.equal(headers['access-control-allow-origin'], origin);
      isRefused(await goes(town, origin), `${origin}, which is not listed there`);
    }
    for (const origin of ['null', 'http://localhost', 'ionic://localhost', 'capacitor://localhost:1']) {
      isRefused(await goes(open, origin), origin);
    }
  });

  test('REST takes the same list: a listed page reads the answers of both, others of neither', async () => {
    for (const url of ['/api/openapi.json', `${path}polling`]) {
      const allowed = async (origin) => (await asks(`${town.address()}${url}`, { headers: { origin } })).headers;
      assert.equal((await allowed(friend))['access-control-allow-origin'], friend);
      assert.equal((await allowed(stranger))['access-control-allow-origin'], undefined);
    }
  });
});
