// One server alone, with rooms to look at: sixty small ones and one of ten thousand messages, written over REST.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const SMALL_ROOMS = 60;
const SMALL_MESSAGES = 60;
const LARGE_MESSAGES = 10_000;
const READY_WITHIN_MS = 20_000;
const AT_ONCE = 32;

/** `{ url, session, rooms: [{ id, name, last }], large: { id, name, last }, stop() }`; `last` is the text of the newest message. */
export async function seededServer(binary) {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: cargo build --release, or name one with BELFRY_BIN`);
  const directory = mkdtempSync(join(tmpdir(), 'belfry-web-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const settings = {
    PATH: process.env.PATH,
    BIND_ADDR: `127.0.0.1:${port}`,
    LINK_PREVIEWS: 'off',
    MESSAGES_PER_SECOND: '100000',
    RUST_LOG: 'warn',
    ...(process.env.PAGE_DIR ? { PAGE_DIR: process.env.PAGE_DIR } : {}),
  };
  const child = spawn(binary, ['serve'], { cwd: directory, env: settings, stdio: 'ignore' });
  process.once('exit', () => child.kill('SIGKILL'));
  async function stop() {
    if (child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  }
  try {
    await ready(url);
    return { url, ...(await seeded(url)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function seeded(url) {
  const ask = async (method, path, body, token) => {
    const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const answer = await fetch(`${url}/api${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const session = await ask('POST', '/auth/guest', { username: 'Reader' });
  const writer = await ask('POST', '/auth/guest', { username: 'Writer' });
  const make = async (id, name, count) => {
    await ask('POST', '/rooms', { id, name }, session.accessToken);
    await ask('POST', `/rooms/${id}/members`, { userId: writer.user.id }, session.accessToken);
    const numbers = Array.from({ length: count }, (_, n) => n + 1);
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        for (let n = numbers.shift(); n !== undefined; n = numbers.shift()) {
          await ask('POST', `/rooms/${id}/messages`, { content: content(n) }, writer.accessToken);
        }
      }),
    );
    const last = `The last word of ${id}`;
    await ask('POST', `/rooms/${id}/messages`, { content: last }, writer.accessToken);
    return { id, name, last };
  };
  const rooms = [];
  for (let n = 0; n < SMALL_ROOMS; n += 1) rooms.push(await make(`room-${n}`, `Room ${n}`, SMALL_MESSAGES));
  return { session, rooms, large: await make('large', 'The large one', LARGE_MESSAGES) };
}

/** Messages of different heights, some with Markdown. */
function content(n) {
  if (n % 7 === 0) return `Message ${n}\n${'with several lines\n'.repeat(n % 5)}and an end.`;
  if (n % 11 === 0)
    return `**Message ${n}** with \`code\` and [a link](https://example.org/${n}), ${'and many words '.repeat(n % 17)}.`;
  return `Message ${n}`;
}

async function ready(url) {
  for (const end = Date.now() + READY_WITHIN_MS; Date.now() < end; await sleep(50)) {
    const answer = await fetch(`${url}/ready`).catch(() => null);
    if (answer?.status === 200) return;
  }
  throw new Error('the server did not become ready');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
