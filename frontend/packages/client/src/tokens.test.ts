// Who is asked for tokens, and how often.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTokens } from './tokens.js';
import { whoIs } from './who.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('asks once for all who need one at the same time', async () => {
  const asked: (string | undefined)[] = [];
  const tokens = createTokens({
    getToken: async (refused) => {
      asked.push(refused);
      return `token ${asked.length}`;
    },
  });
  expect(await Promise.all([tokens.fresh(), tokens.fresh(), tokens.held()])).toEqual(
    Array(3).fill('token 1'),
  );
  expect(await tokens.held()).toBe('token 1');
  expect(await Promise.all([tokens.instead('token 1'), tokens.instead('token 1')])).toEqual([
    'token 2',
    'token 2',
  ]);
  expect(await tokens.instead('token 1')).toBe('token 2');
  expect(asked).toEqual([undefined, 'token 1']);
});

it('gives up where none comes', async () => {
  const tokens = createTokens({ getToken: () => new Promise(() => undefined) });
  const asked = expect(tokens.fresh()).rejects.toMatchObject({ code: 'unavailable' });
  await vi.advanceTimersByTimeAsync(15_000);
  await asked;
  await expect(createTokens({}).fresh()).rejects.toMatchObject({ code: 'unauthenticated' });
  const failing = createTokens({
    getToken() {
      throw new Error('no way');
    },
  });
  await expect(failing.fresh()).rejects.toMatchObject({ code: 'unavailable' });
});

it('reads who a token is for, in any letters, and nothing out of what is no token', () => {
  const token = (claims: object) =>
    `x.${btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims))))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')}.y`;
  expect(whoIs(token({ sub: '1', name: 'Žofie ♥ 🌱' }))).toEqual({
    id: '1',
    username: 'Žofie ♥ 🌱',
    status: 'online',
  });
  expect(whoIs(token({ sub: '1', preferred_username: 'z' }))?.username).toBe('z');
  expect(whoIs(token({ sub: '1' }))?.username).toBe('1');
  for (const bad of ['', 'opaque', 'a.b.c', token({ sub: 5 }), token([])]) expect(whoIs(bad)).toBeNull();
});
