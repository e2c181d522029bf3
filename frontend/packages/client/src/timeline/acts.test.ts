// When what the user has just done stops lying over what is known.
import { expect, it } from 'vitest';
import { Problem } from '../problem.js';
import { type Acts, settled, settledIn } from './acts.js';
import { history, MY_SELF, message } from './room.model.js';
import { emptyTimeline, type TimelineEvent, timelineReducer } from './timeline.js';

const problem = new Problem({ code: 'forbidden', message: 'no' });

it('stays the same object while nothing has come up to it', () => {
  const acts: Acts = {
    'id-1': { claps: 2, reactions: { '👍': { on: true, sending: false } }, edit: { content: 'new', rev: 9 } },
    'id-2': { deleting: {}, problem },
  };
  expect(settled(acts, [message(1, 1), message(2, 2)], 8)).toBe(acts);
});

it('goes piece by piece', () => {
  const acts: Acts = { 'id-1': { claps: 2, edit: { content: 'new', rev: 9 }, deleting: {} } };
  expect(settled(acts, [message(1, 9)], 9)).toEqual({ 'id-1': { claps: 2, deleting: {} } });
  expect(settled(acts, [message(1, 9, { claps: { total: 7, mine: 2 } })], 9)).toEqual({
    'id-1': { deleting: {} },
  });
  expect(settled(acts, [message(1, 9, { deletedAt: '2026-01-02T10:00:00.000Z' })], 9)).toEqual({});
});

it('of a message that is not held any more keeps what is on its way and what the user has to be told', () => {
  const failed = { edit: { content: 'long text', failed: true }, problem } as const;
  const acts: Acts = {
    a: failed,
    b: { edit: { content: 'new' } },
    c: { edit: { content: 'new', rev: 8 }, deleting: { rev: 7 }, claps: 3 },
    d: { reactions: { '👍': { on: true, sending: true }, '🎉': { on: true, sending: false } } },
  };
  expect(settled(acts, [], 8)).toEqual({
    a: failed,
    b: { edit: { content: 'new' } },
    d: { reactions: { '👍': { on: true, sending: true } } },
  });
});

it('is looked at in both lists', () => {
  const claps = { total: 2, mine: 2 };
  const page = { rev: 100, hasMore: true, messages: [message(7, 7, { claps })] };
  const jump: TimelineEvent[] = [
    history('page', 100, [message(100, 100)], true),
    { type: 'pageAsked', place: { around: 7 } },
    { type: 'pageCame', place: { around: 7 }, page },
  ];
  const away = jump.reduce(timelineReducer, emptyTimeline(MY_SELF, 'room'));
  const acts: Acts = { 'id-7': { claps: 2 }, 'id-100': { claps: 2 } };
  expect(settledIn(acts, away)).toEqual({ 'id-100': { claps: 2 } });
});
