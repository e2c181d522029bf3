// When a session ends by itself: by the server's own word, and by nothing that stands before it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { createSession, memoryStorage } from '../src/index.js';
import { keptFor } from '../src/storage.js';

it('ends by the word of the server, not by the page of a proxy', async () => {
  const proxys: [number, string] = [403, '<h1>Forbidden</h1>'];
  const servers: [number, string] = [401, JSON.stringify({ code: 'unauthenticated', detail: 'Revoked.' })];
  let answer = proxys;
  const url = await serverThat((path) =>
    path === '/api/auth/refresh' ? answer : [200, JSON.stringify(SIGNED_IN)],
  );
  const storage = memoryStorage();
  const session = createSession({ url, storage });
  onTestFinished(() => session.close());
  await session.signIn('guest', 'Ada');
  const draft = `${keptFor('1')}draft/garden`;
  await storage.set(draft, 'half a thou');

  await expect(session.getToken('token')).rejects.toMatchObject({ code: 'unavailable' });
  answer = [401, ''];
  await expect(session.getToken('token')).rejects.toMatchObject({ code: 'unavailable' });
  expect(session.state.get().user?.username).toBe('Ada');
  expect(await storage.get(draft)).toBe('half a thou');

  answer = servers;
  await expect(session.getToken('token')).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(session.state.get()).toMatchObject({ user: null, ended: { code: 'unauthenticated' } });
  expect(await storage.get(draft)).toBeUndefined();
});

const SIGNED_IN = {
  user: { id: '1', username: 'Ada', status: 'online' },
  accessToken: 'token',
  refreshToken: 'again',
  expiresIn: 900,
};

async function serverThat(answers: (path: string) => [status: number, body: string]): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = answers(url);
    response.writeHead(status).end(body);
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
