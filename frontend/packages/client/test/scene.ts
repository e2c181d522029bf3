// A real server for the tests of one file, a way to it that can be cut, and people with clients of their own.
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, it, onTestFinished } from 'vitest';
import { startBelfry } from '../../../e2e/belfry.js';
import { type Client, type ClientOptions, createClient, memoryStorage, type Readable } from '../src/index.js';

const BINARY =
  process.env.BELFRY_BIN ?? fileURLToPath(new URL('../../../../target/debug/belfry', import.meta.url));
const SECRET = randomUUID();
const LIMIT_MS = 10_000;
const STORY_LIMIT_MS = 30_000;

const isThere = existsSync(BINARY);
if (!isThere && process.env.CI)
  throw new Error(`There is no belfry binary at ${BINARY}: build it, or name it with BELFRY_BIN.`);

/** A test against the real server; left out, with a word, where there is no binary of it. */
export function story(title: string, run: () => Promise<void>, limitMs = STORY_LIMIT_MS): void {
  if (isThere) it(title, run, limitMs);
  else it.skip(`${title} (there is no belfry binary: BELFRY_BIN)`, () => undefined);
}

export function startServer(settings: Record<string, string> = {}): { url: string } {
  const server = { url: '' };
  beforeAll(async () => {
    if (!isThere) return;
    const generous = { JWT_SECRET: SECRET, MESSAGES_PER_SECOND: '5000', EVENTS_PER_SECOND: '5000' };
    server.url = (await startBelfry({ after: afterAll }, { ...generous, ...settings })).url;
  }, 60_000);
  return server;
}

export const name = (first: string) => `${first}-${randomUUID().slice(0, 8)}`;

export function tokenOf(sub: string, seconds = 3600): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ sub, name: sub, exp: Math.floor(Date.now() / 1000) + seconds })}`;
  return `${head}.${createHmac('sha256', SECRET).update(head).digest('base64url')}`;
}

/** Somebody new with a client that is not connected yet, ended with the test. */
export function somebody(url: string, options: Partial<ClientOptions> = {}, id = name('ada')): Client {
  const client = createClient({ url, token: tokenOf(id), storage: memoryStorage(), ...options });
  onTestFinished(() => client.disconnect());
  return client;
}

/** Resolves with the value as soon as it is as wished. */
export function until<T>(readable: Readable<T>, wished: (value: T) => boolean): Promise<T> {
  return new Promise((resolve, reject) => {
    if (wished(readable.get())) return resolve(readable.get());
    const late = () =>
      reject(new Error(`It did not come to that: ${JSON.stringify(readable.get()).slice(0, 2000)}`));
    const timer = setTimeout(late, LIMIT_MS);
    const stop = readable.subscribe(() => {
      if (!wished(readable.get())) return;
      stop();
      clearTimeout(timer);
      resolve(readable.get());
    });
  });
}

/** A request by somebody, past their client. */
export async function rest<T>(
  url: string,
  who: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${tokenOf(who)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return (await response.json().catch(() => null)) as T;
}

/** Messages `1` to `count` by somebody, each with its place as its text. */
export async function fill(url: string, who: string, roomId: string, count: number): Promise<void> {
  for (let at = 0; at < count; at += 1)
    await rest(url, who, 'POST', `/rooms/${roomId}/messages`, { content: `text ${at + 1}` });
}

export interface Way {
  url: string;
  /** Ends what is open, and lets nobody through. */
  cut(): void;
  /** What is open stays, and nothing goes through it any more; what comes new does. */
  freeze(): void;
  heal(): void;
  /** How many came through, were turned away, and are here now. */
  connections(): number;
  refused(): number;
  open(): number;
}

/** A way to the server that can be cut and healed. */
export async function wayTo(url: string): Promise<Way> {
  const { port } = new URL(url);
  const open = new Map<Socket, Socket>();
  let isCut = false;
  let connections = 0;
  let refused = 0;
  const server = createServer((near) => {
    near.on('error', () => near.destroy());
    // Requests come and go; what is counted is what would stay.
    near.once('data', (first) => {
      const stays = String(first).includes('socket.io');
      if (stays && isCut) refused += 1;
      else if (stays) connections += 1;
      if (isCut) near.destroy();
      else if (!stays) open.delete(near);
    });
    if (isCut) return;
    const far = connect(Number(port), '127.0.0.1');
    far.on('error', () => near.destroy());
    open.set(near, far);
    near.pipe(far);
    far.pipe(near);
    near.on('close', () => {
      open.delete(near);
      far.destroy();
    });
    far.on('close', () => near.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isCut = true;
    for (const near of open.keys()) near.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    freeze() {
      for (const [near, far] of open) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
    },
    heal() {
      isCut = false;
    },
    connections: () => connections,
    refused: () => refused,
    open: () => open.size,
  };
}
