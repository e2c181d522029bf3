// The order in which unsent messages come back, whatever happened in between.
import { expect, it } from 'vitest';
import { createKeptSends } from './kept-sends.js';
import { Problem } from './problem.js';
import { createShelf } from './shelf.js';
import { memoryStorage, type Storage } from './storage.js';

interface Line {
  clientId: string;
  problem?: Problem;
}

function keptIn(storage: Storage, userId: string) {
  const shelf = createShelf();
  shelf.give(storage, userId);
  return createKeptSends<Line>(shelf);
}

const order = async (sends: { load(): Promise<Map<string, Line[]>> }) =>
  (await sends.load()).get('garden')?.map(({ clientId }) => clientId);

it('comes back in the order written, also what was written before the load', async () => {
  const storage = memoryStorage();
  const first = keptIn(storage, 'ada');
  void first.put('garden', { clientId: 'z' });
  void first.put('garden', { clientId: 'm' });
  void first.load();
  await first.put('garden', { clientId: 'a' });
  expect(await order(keptIn(storage, 'ada'))).toEqual(['z', 'm', 'a']);

  const second = keptIn(storage, 'ada');
  const early = second.put('garden', { clientId: 'b' });
  await second.load();
  await early;
  await second.put('garden', { clientId: 'c' });
  await second.remove('m');
  expect(await order(keptIn(storage, 'ada'))).toEqual(['z', 'a', 'b', 'c']);
  expect((await storage.list('')).length).toBe(4);
});

it('keeps its place, and what the server said of it, when it is put again', async () => {
  const storage = memoryStorage();
  const sends = keptIn(storage, 'ada');
  await sends.put('garden', { clientId: 'z' });
  await sends.put('garden', { clientId: 'a' });
  const problem = new Problem({ code: 'rate_limited', message: 'slow', retryAfterMs: 5 });
  await sends.put('garden', { clientId: 'z', problem });
  const [back] = (await keptIn(storage, 'ada').load()).get('garden') ?? [];
  expect(back).toEqual({ clientId: 'z', problem });
  expect(back?.problem).toBeInstanceOf(Problem);
  expect(back?.problem?.retryAfterMs).toBe(5);
});

it('is of one user: one whose name begins alike sees nothing of it', async () => {
  const storage = memoryStorage();
  await keptIn(storage, 'ada').put('garden', { clientId: 'z' });
  await keptIn(storage, 'ada/unsent').put('garden', { clientId: 'y' });
  expect(await order(keptIn(storage, 'ad'))).toBeUndefined();
  expect(await order(keptIn(storage, 'ada'))).toEqual(['z']);
});
