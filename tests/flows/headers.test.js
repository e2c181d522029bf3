// What every answer tells browsers: the page runs nothing from elsewhere, data is no document, and nobody frames either.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { asks, upgrading } from './support/http.js';
import { embedded } from './support/town.js';

const friend = 'https://chat.example.org';
const folder = await mkdtemp(join(tmpdir(), 'belfry-headers-'));
after(() => rm(folder, { recursive: true, force: true }));
await writeFile(join(folder, 'index.html'), '<h1>A page</h1>');
await writeFile(join(folder, 'sw.js'), '// A worker');

const town = await embedded(
  { after },
  { PAGE_DIR: folder, CORS_ORIGINS: friend, HSTS_SECONDS: '31536000', TRUSTED_PROXIES: '127.0.0.1' },
);
const at = (path, options) => asks(`${town.address()}${path}`, options);
const socket = '/socket.io/?EIO=4&transport=';

const data = {
  'an answer of REST': ['/api/openapi.json'],
  'a refusal': ['/api/me'],
  'a path of REST that is not there': ['/api/nothing'],
  'a method that there is not': ['/api/me', { method: 'PUT' }],
  'a preflight': [
    '/api/rooms',
    { method: 'OPTIONS', headers: { origin: friend, 'access-control-request-method': 'POST' } },
  ],
  health: ['/health'],
  readiness: ['/ready'],
  figures: ['/metrics'],
  'the beginning of polling': [`${socket}polling`],
  'a poll of nobody': [`${socket}polling&sid=AAAAAAAAAAAAAAAAAAAAAA`],
  'a websocket': [`${socket}websocket`, { headers: upgrading }],
  'a page that is kept off the socket': [`${socket}polling`, { headers: { origin: 'https://elsewhere.example' } }],
};
const documents = {
  'the page': ['/'],
  "the page's worker, which lives under the policy that it comes with": ['/sw.js'],
  'a file that is not there': ['/no/such/file'],
  'the descriptions for people': ['/api/docs'],
};

describe('what browsers are told', { concurrency: 8 }, () => {
  for (const [what, [path, options]] of Object.entries({ ...data, ...documents })) {
    test(`with ${what}: its type as it stands, no referrer, no frame`, async () => {
      const { headers } = await at(path, options);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.match(headers['content-security-policy'], /(^|; )frame-ancestors 'none'(;|$)/);
      assert.match(headers['cross-origin-resource-policy'], /^(same|cross)-origin$/);
    });
  }

  for (const [what, [path, options]] of Object.entries(data)) {
    test(`with ${what}: shown as a document it is dead, others may not embed it, and nobody keeps it`, async () => {
      const { headers } = await at(path, options);
      assert.match(headers['content-security-policy'], /^default-src 'none';/);
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['cache-control'], 'no-store');
    });
  }

  for (const [what, [path]] of Object.entries(documents)) {
    test(`with ${what}: only what comes from here, and nothing of the machine`, async () => {
      const { headers } = await at(path);
      const policy = headers['content-security-policy'];
      assert.match(
        policy,
        /default-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'/,
      );
      assert.doesNotMatch(policy, /unsafe|ws:|wss:|\*/);
      assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
      for (const what of ['camera', 'microphone', 'geolocation']) {
        assert.ok(headers['permissions-policy'].includes(`${what}=()`), what);
      }
    });
  }

  test('the files of the page may be used by pages of elsewhere, the Socket.IO client among them', async () => {
    assert.equal((await at('/sw.js')).headers['cross-origin-resource-policy'], 'cross-origin');
  });

  test('HSTS is said to whoever came by https, and to nobody else', async () => {
    const hsts = async (headers) => (await at('/', { headers })).headers['strict-transport-security'];
    assert.equal(await hsts({ 'x-forwarded-proto': 'https' }), 'max-age=31536000');
    assert.equal(await hsts({ 'x-forwarded-proto': 'http' }), undefined);
    assert.equal(await hsts({}), undefined);
  });

  test('HSTS is not said because a client says that it came by https, nor where nobody asked for it', async (t) => {
    for (const settings of [{ HSTS_SECONDS: '60' }, { TRUSTED_PROXIES: '127.0.0.1' }]) {
      const other = await embedded(t, settings);
      const { headers } = await asks(other.address(), { headers: { 'x-forwarded-proto': 'https' } });
      assert.equal(headers['strict-transport-security'], undefined);
    }
  });

  test('the page inside the binary is sent once, and then only said to be the same', async (t) => {
    const own = await embedded(t);
    const first = await asks(own.address(), { headers: { 'accept-encoding': 'gzip' } });
    const { etag } = first.headers;
    // A binary that was built without its page has nothing to keep.
    if (etag === undefined) return t.skip('the binary has no page');
    assert.match(etag, /^W\/".+"$/);
    assert.equal(first.headers['cache-control'], 'no-cache');
    for (const known of [etag, etag.slice(2), `"another", ${etag}`, '*']) {
      const { status, headers, body } = await asks(own.address(), { headers: { 'if-none-match': known } });
      assert.deepEqual([status, body, headers.etag], [304, '', etag], known);
      assert.match(headers['content-security-policy'], /default-src 'self'/);
    }
    const { status } = await asks(own.address(), { headers: { 'if-none-match': '"another"' } });
    assert.equal(status, 200);
    return undefined;
  });
});
