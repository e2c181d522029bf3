// What a person sees of their own doing: at once, once, and taken back when it is refused.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeeds } from './deeds.js';
import { type Acts, noActs, overlaid, settled } from './timeline/acts.js';
import { amended, type Change } from './timeline/message-change.js';
import type { Ack, Code, Message } from './wire.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

interface Asked {
  event: string;
  argument: Record<string, unknown>;
  ok(answer: Record<string, unknown>): Promise<void>;
  fail(code: Code): Promise<void>;
}

/** A room with one message, and a server whose answers and events come when the story says so. */
function scene() {
  let message: Message = {
    id: 'm1',
    roomId: 'room',
    seq: 1,
    rev: 1,
    userId: 'me',
    username: 'Me',
    content: 'first',
    type: 'text',
    timestamp: '2026-01-01T10:00:00.000Z',
    claps: { total: 3, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
  };
  let acts: Acts = noActs;
  const asked: Asked[] = [];
  const keep = (next: Acts) => {
    acts = settled(next, [message], message.rev);
  };
  const deeds = createDeeds({
    ask<T>(event: string, argument: unknown) {
      return new Promise<Ack<T>>((resolve) => {
        const answer = async (ack: unknown) => {
          resolve(ack as Ack<T>);
          await vi.advanceTimersByTimeAsync(0);
        };
        asked.push({
          event,
          argument: argument as Record<string, unknown>,
          ok: (given) => answer({ ok: true, ...given }),
          fail: (code) => answer({ ok: false, error: { code, message: code } }),
        });
      });
    },
    message: () => message,
    acts: () => acts,
    setActs: keep,
  });
  return {
    deeds,
    asked,
    acts: () => acts,
    seen: () => overlaid(message, acts.m1),
    told(change: Record<string, unknown>) {
      const rev = message.rev + 1;
      message = amended(message, { roomId: 'room', id: 'm1', seq: 1, rev, ...change } as Change, 'me');
      keep(acts);
    },
    rested: () => vi.advanceTimersByTimeAsync(500),
  };
}

describe('claps', () => {
  it('grow under the finger, and count once whichever of answer and event comes first', async () => {
    for (const eventFirst of [true, false]) {
      const { deeds, asked, acts, seen, told, rested } = scene();
      for (let tap = 0; tap < 5; tap += 1) deeds.clap('m1');
      expect(seen().claps).toEqual({ total: 8, mine: 5 });
      await rested();
      expect(asked.map(({ argument }) => argument.count)).toEqual([5]);
      const event = { claps: { total: 8 }, by: [{ userId: 'me', count: 5 }] };
      if (eventFirst) told(event);
      await asked[0]?.ok({ claps: { total: 8, mine: 5 } });
      expect(seen().claps).toEqual({ total: 8, mine: 5 });
      if (!eventFirst) told(event);
      expect(seen().claps).toEqual({ total: 8, mine: 5 });
      expect(acts()).toEqual({});
    }
  });

  it('stop at fifty of one’s own', async () => {
    const { deeds, asked, seen, rested } = scene();
    for (let tap = 0; tap < 60; tap += 1) deeds.clap('m1');
    expect(seen().claps).toEqual({ total: 53, mine: 50 });
    await rested();
    expect(asked.map(({ argument }) => argument.count)).toEqual([50]);
  });

  it('that are refused go back, with the reason', async () => {
    const { deeds, asked, acts, seen, rested } = scene();
    deeds.clap('m1');
    await rested();
    await asked[0]?.fail('rate_limited');
    expect(seen().claps).toEqual({ total: 3, mine: 0 });
    expect(acts().m1?.problem?.code).toBe('rate_limited');
    deeds.dismiss('m1');
    expect(acts()).toEqual({});
  });
});

describe('a reaction', () => {
  it('put and taken back quickly is sent in that order, and ends as wished', async () => {
    const { deeds, asked, acts, seen, told } = scene();
    deeds.react('m1', '👍');
    expect(seen().reactions).toEqual([{ emoji: '👍', count: 1, mine: true }]);
    deeds.react('m1', '👍');
    expect(seen().reactions).toEqual([]);
    expect(asked.map(({ argument }) => argument.on)).toEqual([true]);
    told({ reactions: [{ emoji: '👍', count: 1 }], userId: 'me', emoji: '👍', on: true });
    await asked[0]?.ok({ reactions: [{ emoji: '👍', count: 1, mine: true }] });
    expect(seen().reactions).toEqual([]);
    expect(asked.map(({ argument }) => argument.on)).toEqual([true, false]);
    await asked[1]?.ok({ reactions: [] });
    told({ reactions: [], userId: 'me', emoji: '👍', on: false });
    expect(seen().reactions).toEqual([]);
    expect(acts()).toEqual({});
  });

  it('that is refused goes back, with the reason', async () => {
    const { deeds, asked, acts, seen } = scene();
    deeds.react('m1', '👍');
    await asked[0]?.fail('forbidden');
    expect(seen().reactions).toEqual([]);
    expect(acts().m1?.problem?.code).toBe('forbidden');
  });
});

describe('an edit', () => {
  it('that is too long fails without being sent', async () => {
    const { deeds, asked, acts } = scene();
    deeds.edit('m1', 'x'.repeat(8001));
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual([]);
    expect(acts().m1).toMatchObject({ edit: { failed: true }, problem: { code: 'payload_too_large' } });
    deeds.edit('m1', '😀'.repeat(8000));
    expect(asked).toHaveLength(1);
  });

  it('is seen at once and stays until its own revision has come', async () => {
    const { deeds, asked, acts, seen, told } = scene();
    deeds.edit('m1', 'second');
    expect(seen().content).toBe('second');
    await asked[0]?.ok({ message: { rev: 2 } });
    expect(seen().content).toBe('second');
    told({ content: 'second', claps: { total: 3 }, reactions: [], mentions: [], previews: [] });
    expect(acts()).toEqual({});
    expect(seen().content).toBe('second');
  });

  it('that is refused keeps its text for another try', async () => {
    const { deeds, asked, acts } = scene();
    deeds.edit('m1', 'second');
    await asked[0]?.fail('invalid_argument');
    expect(acts().m1).toMatchObject({ edit: { content: 'second', failed: true } });
    deeds.dismiss('m1');
    expect(acts()).toEqual({});
  });
});

describe('while the server cannot be asked', () => {
  it('edits and deletions wait, and are asked for again in their order, however long it takes', async () => {
    const { deeds, asked, acts, seen, told } = scene();
    deeds.edit('m1', 'second');
    for (let tries = 0; tries < 20; tries += 1) {
      await asked.at(-1)?.fail('unavailable');
      expect(seen().content).toBe('second');
      expect(acts().m1).toEqual({ edit: { content: 'second' } });
      await vi.advanceTimersByTimeAsync(8000);
      expect(asked).toHaveLength(tries + 2);
    }
    await asked.at(-1)?.fail('unavailable');
    deeds.edit('m1', 'third');
    deeds.remove('m1');
    expect(asked).toHaveLength(21);
    deeds.again();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked.slice(21).map(({ event, argument }) => [event, argument.content])).toEqual([
      ['message:edit', 'third'],
      ['message:delete', undefined],
    ]);
    await asked[21]?.ok({ message: { rev: 2 } });
    await asked[22]?.ok({ message: { rev: 3 } });
    told({ deletedAt: '2026-01-02T10:00:00.000Z' });
    expect(acts()).toEqual({});
  });

  it('a repeat does not overtake what was asked for after it and is done', async () => {
    const { deeds, asked } = scene();
    deeds.edit('m1', 'second');
    deeds.edit('m1', 'third');
    await asked[0]?.fail('unavailable');
    await asked[1]?.ok({ message: { rev: 2 } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(2);
  });

  it('nothing is asked for after the end, and everything when it can be again', async () => {
    const { deeds, asked, acts } = scene();
    deeds.remove('m1');
    await asked[0]?.fail('unavailable');
    deeds.rest();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(1);
    deeds.again();
    await vi.advanceTimersByTimeAsync(0);
    await asked[1]?.fail('forbidden');
    expect(acts().m1?.deleting).toBeUndefined();
    expect(acts().m1?.problem?.code).toBe('forbidden');
  });
});

it('a deletion takes everything else that was under way with it', async () => {
  const { deeds, asked, acts, told } = scene();
  deeds.clap('m1');
  deeds.remove('m1');
  await asked[0]?.ok({ message: { rev: 2 } });
  told({ deletedAt: '2026-01-02T10:00:00.000Z' });
  expect(acts()).toEqual({});
});
