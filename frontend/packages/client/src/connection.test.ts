// How often a server is asked that takes a connection and ends it at once.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createConnection } from './connection.js';
import { createTokens } from './tokens.js';

const listeners = new Map<string, (reason: string) => void>();
let connects = 0;

const socket = {
  on: (event: string, listener: (reason: string) => void) => listeners.set(event, listener),
  onAny: () => undefined,
  off: () => undefined,
  offAny: () => undefined,
  disconnect: () => socket,
  connect() {
    connects += 1;
    return socket;
  },
};

vi.mock('socket.io-client', () => ({
  io(_url: string, { auth }: { auth(give: () => void): void }) {
    const connect = () => {
      auth(() => undefined);
      return socket.connect();
    };
    return { ...socket, connect };
  },
}));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('waits longer each time, until a connection has held for some seconds', async () => {
  const connection = createConnection({
    url: '',
    transports: undefined,
    tokens: createTokens({ token: 'token' }),
    changed: () => undefined,
    probe: () => null,
  });
  connection.open();
  async function pause(): Promise<number> {
    await vi.advanceTimersByTimeAsync(0);
    const before = connects;
    listeners.get('connect')?.('');
    listeners.get('disconnect')?.('io server disconnect');
    let ms = 0;
    for (; connects === before; ms += 50) await vi.advanceTimersByTimeAsync(50);
    return ms;
  }
  for (let time = 0; time < 4; time += 1) await pause();
  expect(await pause()).toBeGreaterThanOrEqual(2500);
  listeners.get('connect')?.('');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await pause()).toBeLessThanOrEqual(500);
  connection.close();
});
