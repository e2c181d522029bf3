// The order of what is sent, through refusals.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createOutbox, type Waiting } from './outbox.js';
import { Problem } from './problem.js';
import type { Code, Message } from './wire.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A room with three messages that wait, and a server that answers as the script says, then with success. */
function threeWaiting(script: Code[]) {
  const waiting: Waiting[] = ['a', 'b', 'c'].map((clientId) => ({ clientId, content: clientId }));
  const sent: string[] = [];
  const refused: string[] = [];
  const drop = (clientId: string) =>
    waiting.splice(
      waiting.findIndex((each) => each.clientId === clientId),
      1,
    );
  const outbox = createOutbox({
    next: () => waiting[0] ?? null,
    async send(_, { clientId }): Promise<Message> {
      sent.push(clientId);
      const code = script.shift();
      if (code) throw new Problem({ code, message: code });
      return {} as Message;
    },
    acknowledged: (_, clientId) => void drop(clientId),
    refused(_, clientId, problem) {
      refused.push(`${clientId}: ${problem.code}`);
      drop(clientId);
    },
  });
  outbox.pump('room');
  return { sent, refused };
}

it('tries a message again before the ones after it while the server is away', async () => {
  const { sent, refused } = threeWaiting(['unavailable', 'rate_limited']);
  await vi.runAllTimersAsync();
  expect(sent).toEqual(['a', 'a', 'a', 'b', 'c']);
  expect(refused).toEqual([]);
});

it('gives up one that the server refuses, and goes on with the next', async () => {
  const { sent, refused } = threeWaiting(['forbidden']);
  await vi.runAllTimersAsync();
  expect(sent).toEqual(['a', 'b', 'c']);
  expect(refused).toEqual(['a: forbidden']);
});

it('gives nothing up and keeps the order while the server is away, however long', async () => {
  const { sent, refused } = threeWaiting(Array(50).fill('unavailable'));
  await vi.runAllTimersAsync();
  expect(refused).toEqual([]);
  expect(sent).toEqual([...Array(51).fill('a'), 'b', 'c']);
});

it('what one room sent too fast holds the others as well, and fails nowhere', async () => {
  const rooms: Record<string, string[]> = { garden: ['a', 'b'], kitchen: ['c'] };
  const sent: string[] = [];
  const refused: string[] = [];
  let limited = 20;
  const outbox = createOutbox({
    next: (roomId) => rooms[roomId]?.map((clientId) => ({ clientId, content: clientId }))[0] ?? null,
    async send(_, { clientId }): Promise<Message> {
      sent.push(clientId);
      limited -= 1;
      if (limited >= 0) throw new Problem({ code: 'rate_limited', message: 'slow', retryAfterMs: 5000 });
      return {} as Message;
    },
    acknowledged: (roomId) => void rooms[roomId]?.shift(),
    refused: (_, clientId) => void refused.push(clientId),
  });
  outbox.pump('garden');
  await vi.advanceTimersByTimeAsync(1);
  outbox.pump('kitchen');
  await vi.advanceTimersByTimeAsync(4990);
  expect(sent).toEqual(['a']);
  await vi.runAllTimersAsync();
  expect(refused).toEqual([]);
  expect(sent.filter((each) => each !== 'c').slice(-2)).toEqual(['a', 'b']);
  expect(rooms).toEqual({ garden: [], kitchen: [] });
});

it('gives up a message that the connection breaks with again and again, and goes on with the next', async () => {
  const waiting: Waiting[] = ['a', 'b'].map((clientId) => ({ clientId, content: clientId }));
  const sent: string[] = [];
  const refused: string[] = [];
  let isLive = true;
  const outbox = createOutbox({
    next: () => (isLive && waiting[0]) || null,
    async send(_, { clientId }): Promise<Message> {
      sent.push(clientId);
      if (clientId !== 'a') return {} as Message;
      isLive = false;
      throw new Problem({ code: 'unavailable', message: 'cut' });
    },
    acknowledged: () => void waiting.shift(),
    refused(_, clientId, problem) {
      refused.push(`${clientId}: ${problem.code}`);
      waiting.shift();
    },
  });
  for (let join = 1; join <= 12; join += 1) {
    isLive = true;
    outbox.pump('room');
    await vi.runAllTimersAsync();
  }
  expect(sent).toEqual([...Array(10).fill('a'), 'b']);
  expect(refused).toEqual(['a: unavailable']);
});

it('sends what is written in the moment in which the last one was acknowledged', async () => {
  // Who waits for the acknowledgement writes on, some turns of the loop later.
  for (const turns of [0, 1, 2, 3]) {
    const waiting: Waiting[] = [{ clientId: 'a', content: 'a' }];
    const sent: string[] = [];
    const outbox = createOutbox({
      next: () => waiting[0] ?? null,
      async send(_, { clientId }) {
        sent.push(clientId);
        return {} as Message;
      },
      async acknowledged(_, clientId) {
        waiting.shift();
        for (let turn = 0; turn < turns; turn += 1) await undefined;
        if (clientId !== 'a') return;
        waiting.push({ clientId: 'b', content: 'b' });
        outbox.pump('room');
      },
      refused: () => undefined,
    });
    outbox.pump('room');
    await vi.runAllTimersAsync();
    expect(sent).toEqual(['a', 'b']);
  }
});
