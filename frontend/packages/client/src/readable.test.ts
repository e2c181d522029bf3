// What a listener that throws does to the others: nothing.
import { afterEach, expect, it, vi } from 'vitest';
import { derived } from './derived.js';
import { createLife } from './life.js';
import { createLineUp } from './line-up.js';
import { cell } from './readable.js';
import { createRoomStore } from './room-store.js';

afterEach(() => void vi.restoreAllMocks());

/** What would be seen as uncaught errors. */
function uncaught() {
  const reports: (() => void)[] = [];
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((report) => void reports.push(report));
  return reports;
}

it('a listener that throws keeps neither the others nor the one who has set the value, and is reported', () => {
  const reports = uncaught();
  const value = cell(1);
  const twice = derived(() => ({ is: value.get() * 2 }));
  const told: string[] = [];
  for (const each of [value, twice]) {
    each.subscribe(() => {
      throw new Error('broken');
    });
  }
  value.subscribe(() => void told.push('value'));
  twice.subscribe(() => void told.push('twice'));
  value.set(2);
  twice.touch();
  expect(told).toEqual(['value', 'twice']);
  expect(reports).toHaveLength(2);
  for (const report of reports) expect(report).toThrow('broken');
});

it('work in line that fails does not keep the rest of the line', async () => {
  const life = createLife();
  const line = createLineUp(life);
  const { process } = globalThis as unknown as {
    process: { once(event: 'unhandledRejection', heard: (error: unknown) => void): void };
  };
  const failed = new Promise((resolve) => process.once('unhandledRejection', resolve));
  const next = new Promise<void>((resolve) => {
    line.add('a', 'join', () => Promise.reject(new Error('broken')));
    line.add('b', 'join', async () => resolve());
  });
  await next;
  expect(await failed).toMatchObject({ message: 'broken' });
  life.end();
});

it('a message is kept before anybody is told of it', () => {
  const seen: string[] = [];
  const store = createRoomStore('garden', {
    me: () => null,
    hasDraft: () => false,
    moved: () => void seen.push('kept'),
    changed: () => undefined,
  });
  store.messages.subscribe(() => void seen.push('told'));
  const writtenAt = '2026-01-01T10:00:00.000Z';
  store.move({ type: 'written', pending: { clientId: 'a', content: 'text', writtenAt, state: 'waiting' } });
  expect(seen).toEqual(['kept', 'told']);
});
