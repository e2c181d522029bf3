// Behind the nginx that docker-compose.yml starts, with its own configuration: two replicas and two workers, as in production.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { storyBehindTheBalancer } from '../compose/story.js';
import { overBackends } from './support/backends.js';
import { asks, upgrading } from './support/http.js';
import { behindNginx, OwnNginx } from './support/nginx.js';
import { isProblem } from './support/rest.js';
import { replicas, unhurried } from './support/town.js';

const needs = { skip: overBackends.skip || behindNginx.skip };

describe('behind nginx', { concurrency: 2, ...needs }, () => {
  /** Replicas that believe nginx; `town.address('any')` leads through it. */
  async function behind(t, settings = {}, options = {}) {
    const town = await replicas(t, 2, { worker: 'apart', settings: { TRUSTED_PROXIES: '127.0.0.0/8', ...settings } });
    town.balancer.close();
    town.balancer = await OwnNginx.before(
      town.servers.map((server) => server.port),
      town.directory,
      options,
    );
    const { balancer } = town;
    town.whenItEnds(() => balancer.close());
    return town;
  }

  test('a replica and a worker are killed under load, and nothing acknowledged is lost or doubled', async (t) => {
    const town = await behind(t, unhurried);
    town.runs(['worker']);
    const { messages, cut } = await storyBehindTheBalancer({
      url: town.address('any'),
      addresses: process.platform === 'linux',
      said: () => `${town.said()}\n${town.balancer.program.said()}`,
      killsWorker: () => town.worker.kill(),
      killsReplica: () => town.kill(0),
      startsReplica: () => town.starts(0),
    });
    t.diagnostic(`${messages} messages; cut with the replica: ${cut}`);
  });

  test('a forged X-Forwarded-For has no effect on limits', async (t) => {
    const town = await behind(t);
    const guess = (at, forged, localAddress) => failedLogin(town.address(at), forged, localAddress);
    const codes = (answers) => answers.map(({ status }) => status);
    // What the replicas would do if nginx let it through: each name of an address has a limit of its own.
    const believed = await Promise.all(Array.from({ length: 150 }, (_, n) => guess(0, `203.0.113.${n}`)));
    assert.ok(!codes(believed).includes(429));
    // Twice what one address may do at once, and more: a replica that cannot ask Redis in time counts for itself.
    const forged = await Promise.all(Array.from({ length: 300 }, (_, n) => guess('any', `198.51.100.${n}`)));
    assert.ok(codes(forged).includes(429), 'one address is left waiting, whatever it says it is');
    if (process.platform === 'linux') {
      const { status } = await guess('any', '127.0.0.1', '127.0.1.99');
      assert.equal(status, 401, 'others are not concerned, even if they say that they are the one that is');
    }
  });

  describe('that stands behind a proxy which ends TLS', () => {
    const key = 'a-key-for-operators';
    const settings = { SERVER_API_KEY: key, HSTS_SECONDS: '60' };
    /** What that proxy makes of a request by somebody at 198.51.100.7, who claims to be somebody else. */
    const handedOn = {
      host: 'chat.example.org',
      'x-forwarded-proto': 'https',
      'x-forwarded-for': '203.0.113.66, 198.51.100.7',
    };
    const through = (town, path, headers = {}, options = {}) =>
      asks(`${town.address('any')}${path}`, { headers: { ...handedOn, ...headers }, ...options });
    const opens = (town, origin) => through(town, '/socket.io/?EIO=4&transport=websocket', { ...upgrading, origin });
    const seen = async (town, options) => {
      const { status, body } = await through(town, '/api/admin/visitor', { authorization: `Bearer ${key}` }, options);
      assert.equal(status, 200, body);
      return JSON.parse(body).address;
    };

    test('its pages are at home, strangers are not, and browsers are told to insist on https', async (t) => {
      const town = await behind(t, settings);
      assert.equal((await opens(town, 'https://chat.example.org')).status, 101);
      assert.equal((await opens(town, 'http://chat.example.org')).status, 403);
      assert.equal((await opens(town, 'https://elsewhere.example')).status, 403);
      const told = async (headers) => (await through(town, '/', headers)).headers['strict-transport-security'];
      assert.equal(await told({}), 'max-age=60');
      assert.equal(await told({ 'x-forwarded-proto': 'http' }), undefined);
      assert.equal(await seen(town), '127.0.0.1', 'and as it comes, nobody before nginx is believed');
    });

    test('whom it names is who came, once nginx is told of it, and nobody else is believed', async (t) => {
      const town = await behind(t, settings, { believes: '127.0.0.1' });
      assert.equal(await seen(town), '198.51.100.7');
      if (process.platform === 'linux') assert.equal(await seen(town, { localAddress: '127.0.0.9' }), '127.0.0.9');
    });
  });

  test('metrics are not for the world, and a refusal comes in the server’s own words', async (t) => {
    const town = await behind(t);
    // nginx's own answer, which no description of ours is about.
    assert.equal((await fetch(`${town.address('any')}/metrics`)).status, 404);
    const ada = await town.guest('Ada', { at: 'any' });
    await ada.joins('lobby');
    const long = { content: 'x'.repeat(8_001) };
    isProblem(await ada.rest.post('/api/rooms/lobby/messages', long), 413, 'payload_too_large');
  });
});

/** The answer to a log-in that fails, from that address of this machine. */
function failedLogin(url, forged, localAddress) {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}/api/auth/login`, {
      method: 'POST',
      localAddress,
      agent: false,
      headers: { 'content-type': 'application/json', 'x-forwarded-for': forged },
    });
    asked.on('error', reject);
    asked.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve({ status: answer.statusCode }));
    });
    // Too short a password to be hashed, which changes nothing but the time.
    asked.end(JSON.stringify({ username: `name-${forged}`, password: 'short' }));
  });
}
