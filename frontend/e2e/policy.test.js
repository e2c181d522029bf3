// What the server's headers let a real browser do: its own page everything that it needs, over http and https, and pages of elsewhere nothing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startBelfry } from './belfry.js';
import { stories } from './stories.js';
import { enter } from './visitor.js';

/** Settings of a server that speaks TLS, with a certificate that only this story knows. */
async function withTls(t) {
  const directory = await mkdtemp(join(tmpdir(), 'belfry-tls-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key];
  const subject = ['-subj', '/CN=belfry', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  await promisify(execFile)('openssl', ['req', '-x509', ...pair, ...subject, '-out', cert]);
  return { TLS_CERT: cert, TLS_KEY: key, HSTS_SECONDS: '60' };
}

/** A page of another origin, which asks for whatever it is told to. */
async function elsewhere(t) {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<h1>Elsewhere'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return `http://127.0.0.1:${server.address().port}`;
}

/** In the page: what comes of each way to the socket. */
async function tries(base) {
  const path = '/socket.io/?EIO=4&transport=';
  const websocket = await new Promise((settle) => {
    const socket = new WebSocket(`${base.replace('http', 'ws')}${path}websocket`);
    socket.onmessage = () => settle('opened');
    socket.onerror = () => settle('refused');
  });
  const polling = await fetch(`${base}${path}polling`).then(
    (answer) => (answer.ok ? 'opened' : 'refused'),
    () => 'refused',
  );
  return { websocket, polling };
}

stories('the policy', (story) => {
  for (const [scheme, settings, options] of [
    ['http', () => ({}), {}],
    // No browser takes a service worker from a server whose certificate it does not know.
    ['https', withTls, { ignoreHTTPSErrors: true, serviceWorkers: 'block' }],
  ]) {
    story(
      `lets the page live over ${scheme}, with a websocket, and complain of nothing`,
      async (t, browser) => {
        const belfry = await startBelfry(t, await settings(t));
        const ada = await enter(t, browser, belfry, 'Ada', options);
        // Told of before the page is loaded again.
        const coming = ada.page.waitForEvent('websocket');
        await ada.page.reload();
        const socket = await coming;
        assert.match(socket.url(), scheme === 'https' ? /^wss:/ : /^ws:/);
        // It is told of as well where it is refused.
        await socket.waitForEvent('framereceived');
        await ada.joins('garden');
        await ada.writes('The beans are up!');
        const bo = await enter(t, browser, belfry, 'Bo', options);
        await bo.joins('garden');
        await bo.sees('The beans are up!');
      },
    );
  }

  story('lets the page talk to nobody else, whatever gets into it', async (t, browser) => {
    const belfry = await startBelfry(t);
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(belfry.url);
    const port = Number(new URL(belfry.url).port) + 1;
    for (const address of ['wss://elsewhere.invalid/', `ws://127.0.0.1:${port}/`, 'ws://localhost/']) {
      const blocked = await page.evaluate((there) => {
        const told = new Promise((settle) => {
          document.addEventListener(
            'securitypolicyviolation',
            (violation) => settle(violation.effectiveDirective),
            {
              once: true,
            },
          );
        });
        try {
          new WebSocket(there);
        } catch {}
        return told;
      }, address);
      assert.equal(blocked, 'connect-src', address);
    }
  });

  story('keeps pages of elsewhere off the socket, but for those of listed origins', async (t, browser) => {
    const origin = await elsewhere(t);
    const shut = await startBelfry(t);
    const open = await startBelfry(t, { CORS_ORIGINS: origin });
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    await page.goto(origin);
    assert.deepEqual(await page.evaluate(tries, shut.url), { websocket: 'refused', polling: 'refused' });
    assert.deepEqual(await page.evaluate(tries, open.url), { websocket: 'opened', polling: 'opened' });
  });
});
