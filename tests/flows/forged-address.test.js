// X-Forwarded-For is a sentence that anybody can write: it counts where a trusted proxy wrote it, and nowhere else.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asks, upgrading } from './support/http.js';
import { embedded } from './support/town.js';

const path = '/socket.io/?EIO=4&transport=';

/** What each of these requests is answered with, one after another, each under another name. */
async function answers(town, count, forged) {
  const statuses = [];
  for (let n = 0; n < count; n++) {
    const { status } = await asks(`${town.address()}/api/auth/guest`, {
      method: 'POST',
      body: JSON.stringify({ username: `G${n}` }),
      headers: { 'x-forwarded-for': forged(n) },
    });
    statuses.push(status);
  }
  return statuses;
}

describe('a forged X-Forwarded-For', { concurrency: 4 }, () => {
  test('of somebody who is no proxy gives them no second budget, on no way in', async (t) => {
    const town = await embedded(t, { ACCOUNTS_PER_ADDRESS: '3', CONNECTIONS_PER_ADDRESS: '20' });
    assert.deepEqual(await answers(town, 4, (n) => `203.0.113.${n}`), [200, 200, 200, 429]);
    const open = (n, transport, headers) =>
      asks(`${town.address()}${path}${transport}`, { headers: { ...headers, 'x-forwarded-for': `203.0.113.${n}` } });
    const statuses = [];
    for (let n = 0; n < 22; n++) statuses.push((await open(n, 'polling')).status);
    assert.deepEqual(statuses.slice(-2), [429, 429]);
    assert.equal((await open(99, 'websocket', upgrading)).status, 429);
  });

  test('behind a trusted proxy what the client wrote before it counts for nothing', async (t) => {
    const town = await embedded(t, { ACCOUNTS_PER_ADDRESS: '3', TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.0/8' });
    const forged = (n) => `198.51.100.${n}, 203.0.113.9, 10.0.0.${n}`;
    assert.deepEqual(await answers(town, 4, forged), [200, 200, 200, 429]);
    assert.deepEqual(await answers(town, 1, () => '203.0.113.10'), [200]);
  });

  test('from nearby, with no proxy trusted, is a sign of a setting that was forgotten: said once', async (t) => {
    const town = await embedded(t);
    await answers(town, 5, () => '203.0.113.9');
    const told = () =>
      town.servers[0].program
        .said(400)
        .split('\n')
        .filter((line) => /TRUSTED_PROXIES/.test(line));
    assert.equal(told().length, 1, town.said());
    assert.match(told()[0], /127\.0\.0\.1 has X-Forwarded-For, and no proxy is trusted/);
    const named = await embedded(t, { TRUSTED_PROXIES: '127.0.0.1' });
    await answers(named, 1, () => '203.0.113.9');
    assert.doesNotMatch(named.said(), /TRUSTED_PROXIES/);
  });
});
