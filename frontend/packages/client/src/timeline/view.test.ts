// What a reader sees, and how little of it is made anew.
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.js';
import { type Acts, noActs } from './acts.js';
import { broadcast, changed, history, ME, MY_SELF, message } from './room.model.js';
import { emptyTimeline, type Timeline, type TimelineEvent, timelineReducer } from './timeline.js';
import { createShown } from './view.js';

const NO = new Problem({ code: 'forbidden', message: 'no' });
const mine = message(4, 4, { userId: ME, clientId: 'c1', content: 'mine' });
const three = after(
  emptyTimeline(MY_SELF, 'room'),
  history('page', 3, [message(1, 1), message(2, 2), message(3, 3)]),
);
const written: TimelineEvent = {
  type: 'written',
  pending: {
    clientId: 'c1',
    content: 'mine',
    replyTo: 'id-2',
    writtenAt: '2026-01-01T10:00:00.000Z',
    state: 'waiting',
  },
};
const ack: TimelineEvent = { type: 'acknowledged', clientId: 'c1', message: mine };
const echo = changed(broadcast(mine));

function after(timeline: Timeline, ...events: TimelineEvent[]): Timeline {
  return events.reduce(timelineReducer, timeline);
}

describe('what is shown', () => {
  it('is the same object until something in it changes', () => {
    const show = createShown();
    const first = show(three, noActs);
    expect(show(three, noActs)).toBe(first);
    expect(show(after(three, { type: 'passed', rev: 4 }), noActs)).toBe(first);
    expect(show(three, { elsewhere: { claps: 2 } }).messages).toBe(first.messages);
  });

  it('is made anew only for the message that has changed', () => {
    const show = createShown();
    const first = show(three, noActs).messages;
    const edited = show(after(three, changed(message(2, 4, { content: 'edited' }))), noActs).messages;
    expect(edited.map((item, index) => item === first[index])).toEqual([true, false, true]);
    const acted = show(three, { 'id-3': { claps: 2 } }).messages;
    expect(acted.map((item, index) => item === first[index])).toEqual([true, true, false]);
    expect(acted[2]?.claps).toEqual({ total: 2, mine: 2 });
    expect(show(three, noActs).messages[0]).toBe(first[0]);
  });

  it('keeps its items over a reset, a jump and the way back', () => {
    const long = after(
      emptyTimeline(MY_SELF, 'room'),
      history('page', 100, [message(99, 99), message(100, 100)], true),
      { type: 'pageAsked', place: { around: 7 } },
    );
    const show = createShown();
    const first = show(long, noActs);
    const page = { rev: 100, hasMore: true, messages: [message(6, 6), message(7, 7)] };
    const away = after(long, { type: 'pageCame', place: { around: 7 }, page });
    expect(show(away, noActs)).toMatchObject({ hasNewer: true, hasOlder: true, lastSeq: 100 });
    const back = show(after(away, { type: 'toEnd' }), noActs);
    expect(back.messages.every((item, index) => item === first.messages[index])).toBe(true);
    expect(back.epoch).toBe(first.epoch + 2);
    const reset = after(long, history('reset', 105, [message(99, 105), message(100, 100)], true));
    expect(show(reset, noActs).messages.map((item, index) => item === first.messages[index])).toEqual([
      false,
      true,
    ]);
  });

  it('does not look again at what was there when messages are appended, one by one', () => {
    let looks = 0;
    const watched = (seq: number) =>
      new Proxy(message(seq, seq), {
        get(target, name, receiver) {
          looks += 1;
          return Reflect.get(target, name, receiver);
        },
      });
    const show = createShown();
    let timeline = after(emptyTimeline(MY_SELF, 'room'), history('page', 0, []));
    const append = (seq: number) => {
      const { tail } = timeline;
      timeline = { ...timeline, rev: seq, tail: { ...tail, messages: [...tail.messages, watched(seq)] } };
      show(timeline, noActs);
    };
    append(1);
    const once = looks;
    for (let seq = 2; seq <= 1000; seq += 1) append(seq);
    expect(show(timeline, noActs).messages).toHaveLength(1000);
    // Where the list begins and ends is asked for each time.
    expect(looks).toBeLessThanOrEqual(1000 * (once + 4));
  });
});

describe('an own message', () => {
  it.each([
    ['the acknowledgement first', [ack, echo]],
    ['the echo first', [echo, ack]],
  ])('has one key from the moment it is written: %s', (_, events) => {
    const show = createShown();
    let timeline = after(three, written);
    expect(show(timeline, noActs).messages.at(-1)).toMatchObject({
      key: 'c1',
      seq: null,
      state: 'waiting',
      userId: ME,
      username: 'Me',
      replyTo: 'id-2',
      roomId: 'room',
    });
    for (const event of events) {
      timeline = timelineReducer(timeline, event);
      const { messages } = show(timeline, noActs);
      expect(messages.map(({ key }) => key)).toEqual(['id-1', 'id-2', 'id-3', 'c1']);
      expect(messages.at(-1)).toMatchObject({ content: 'mine', state: 'kept' });
    }
    expect(show(timeline, noActs).messages.at(-1)).toMatchObject({ id: 'id-4', seq: 4 });
  });

  it('that failed says why', () => {
    const failed = after(three, written, { type: 'refused', clientId: 'c1', problem: NO });
    expect(createShown()(failed, noActs).messages.at(-1)).toMatchObject({ state: 'failed', problem: NO });
  });

  it('waits while the past is shown', () => {
    const long = after(
      emptyTimeline(MY_SELF, 'room'),
      history('page', 100, [message(100, 100)], true),
      { type: 'pageAsked', place: { around: 7 } },
      {
        type: 'pageCame',
        place: { around: 7 },
        page: { rev: 100, hasMore: true, messages: [message(7, 7)] },
      },
      written,
    );
    const show = createShown();
    expect(show(long, noActs).messages.map(({ key }) => key)).toEqual(['id-7']);
    expect(show(after(long, { type: 'toEnd' }), noActs).messages.map(({ key }) => key)).toEqual([
      'id-100',
      'c1',
    ]);
  });
});

it.each<[string, Acts[string], object]>([
  ['an edit on its way', { edit: { content: 'new' } }, { content: 'new', state: 'changing', problem: null }],
  ['a deletion on its way', { deleting: {} }, { content: 'text 3', state: 'changing' }],
  [
    'an edit that failed',
    { edit: { content: 'new', failed: true }, problem: NO },
    { content: 'new', state: 'failed', problem: NO },
  ],
  [
    'a mark',
    { reactions: { '👍': { on: true, sending: true } } },
    { reactions: [{ emoji: '👍', count: 1, mine: true }], state: 'kept' },
  ],
])('what the user has just done is seen: %s', (_, act, item) => {
  expect(createShown()(three, { 'id-3': act }).messages[2]).toMatchObject(item);
});
