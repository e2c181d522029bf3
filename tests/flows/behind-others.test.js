// Behind Caddy and Traefik, with the files of deploy/: the story of behind-nginx.test.js, where one of them is installed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storyBehindTheBalancer } from '../compose/story.js';
import { overBackends } from './support/backends.js';
import { caddyBefore, traefikBefore, withCaddy, withTraefik } from './support/other-proxies.js';
import { replicas, unhurried } from './support/town.js';

for (const [name, needs, before] of [
  ['Caddy', withCaddy, caddyBefore],
  ['Traefik', withTraefik, traefikBefore],
]) {
  test(`behind ${name} nothing acknowledged is lost or doubled, and a forged address is not believed`, {
    skip: overBackends.skip || needs.skip,
  }, async (t) => {
    const town = await replicas(t, 2, { worker: 'apart', settings: { TRUSTED_PROXIES: '127.0.0.0/8', ...unhurried } });
    town.runs(['worker']);
    const proxy = await before(
      town.servers.map((server) => server.port),
      town.directory,
    );
    town.whenItEnds(() => proxy.close());
    const { messages, cut } = await storyBehindTheBalancer({
      url: proxy.url,
      addresses: process.platform === 'linux',
      said: () => `${town.said()}\n${proxy.program.said()}`,
      killsWorker: () => town.worker.kill(),
      killsReplica: () => town.kill(0),
      startsReplica: () => town.starts(0),
    });
    t.diagnostic(`${messages} messages; cut with the replica: ${cut}`);

    const guesses = Array.from({ length: 300 }, async (_, n) => {
      const answer = await fetch(`${proxy.url}/api/auth/login`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': `198.51.100.${n}` },
        body: JSON.stringify({ username: `name-${n}`, password: 'short' }),
      });
      return answer.status;
    });
    assert.ok((await Promise.all(guesses)).includes(429), 'one address is left waiting, whatever it says it is');
  });
}
