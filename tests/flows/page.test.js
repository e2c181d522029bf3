// The web page's files: the binary's own or those of a folder, under the same policy, and nothing beside them.

import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { embedded, empty } from './support/town.js';

const folder = await mkdtemp(join(tmpdir(), 'belfry-own-page-'));
after(() => rm(folder, { recursive: true, force: true }));
await mkdir(join(folder, 'page', 'assets'), { recursive: true });
await writeFile(join(folder, 'secret.txt'), 'not for the world');
await writeFile(join(folder, 'page', 'index.html'), '<h1>A page of our own</h1>');
await writeFile(join(folder, 'page', 'assets', 'app-1a2b.js'), `// ${'long '.repeat(1000)}`);

const town = await embedded({ after }, { PAGE_DIR: join(folder, 'page') });

/** One request whose path goes out as it is, and whose answer comes back as it came. */
const asks = (path, headers = {}) =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(town.address());
    const asked = request({ hostname, port, path, headers }, async (answer) => {
      const body = Buffer.concat(await answer.toArray());
      resolve({ status: answer.statusCode, headers: answer.headers, body });
    });
    asked.on('error', reject).end();
  });

describe("the page's files", { concurrency: 4 }, () => {
  test('PAGE_DIR puts a page of your own at /, asked for again each time and held to the policy', async () => {
    const { status, headers, body } = await asks('/');
    assert.equal(status, 200);
    assert.equal(body.toString(), '<h1>A page of our own</h1>');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.match(headers['content-security-policy'], /default-src 'self'/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe-inline|unsafe-eval/);
  });

  test('files that carry their hash are kept for good, and compressed for whoever takes that', async () => {
    const plain = await asks('/assets/app-1a2b.js');
    assert.match(plain.headers['content-type'], /javascript/);
    assert.match(plain.headers['cache-control'], /immutable/);
    const packed = await asks('/assets/app-1a2b.js', { 'accept-encoding': 'gzip' });
    assert.equal(packed.headers['content-encoding'], 'gzip');
    assert.ok(packed.body.length < plain.body.length / 10);
    assert.deepEqual(gunzipSync(packed.body), plain.body);
  });

  test('nothing beside the folder is served, however it is asked for', async () => {
    for (const path of ['/../secret.txt', '/..%2fsecret.txt', '/%2e%2e/secret.txt', '/assets/../../secret.txt']) {
      const { status, body } = await asks(path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(body.toString(), /not for the world/);
    }
  });

  test('a folder without a page is refused at the start, in one line that names it', async () => {
    const place = await empty({ after }, { PAGE_DIR: folder });
    const program = place.runs(['serve']);
    assert.equal((await program.exit()).code, 2);
    assert.equal(program.errors.length, 1);
    assert.match(program.errors[0], /PAGE_DIR.*no index\.html/);
  });
});
