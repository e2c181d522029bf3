// What a timeline makes of single events; that any mixture of them comes out right is shown in the property tests.
import { describe, expect, it } from 'vitest';
import { Problem } from '../problem.js';
import type { HistoryPage, Message } from '../wire.js';
import { changed, history, ME, MY_SELF, message } from './room.model.js';
import {
  emptyTimeline,
  held,
  lastSeq,
  newerPlace,
  newerState,
  olderPlace,
  olderState,
  type Pending,
  type Timeline,
  type TimelineEvent,
  timelineReducer,
  whereIs,
} from './timeline.js';

const empty = emptyTimeline(MY_SELF, 'room');
const NO = new Problem({ code: 'rate_limited', message: 'no' });

function after(timeline: Timeline, ...events: TimelineEvent[]): Timeline {
  return events.reduce(timelineReducer, timeline);
}

/** The messages from one place to another, each as it was written. */
function run(first: number, last: number): Message[] {
  return Array.from({ length: last - first + 1 }, (_, index) => message(first + index, first + index));
}

function page(rev: number, messages: Message[], hasMore = true): HistoryPage {
  return { rev, messages, hasMore };
}

function pending(clientId: string, more: Partial<Pending> = {}): Pending {
  return { clientId, content: clientId, writtenAt: '2026-01-01T10:00:00.000Z', state: 'waiting', ...more };
}

const seqs = (messages: readonly Message[] | undefined) => messages?.map(({ seq }) => seq);
const waiting = ({ pending }: Timeline) => pending.map(({ clientId }) => clientId);
const written = (clientId: string): TimelineEvent => ({ type: 'written', pending: pending(clientId) });
const asked = (place: { before: number } | { after: number } | { around: number }): TimelineEvent => ({
  type: 'pageAsked',
  place,
});

/** A room of a hundred messages, of which the newest four are held. */
const hundred = after(empty, history('page', 100, run(97, 100), true));

describe('events', () => {
  it('that leave a revision out say so, and are not taken until what is missing has come', () => {
    const joined = after(empty, history('page', 1, [message(1, 1)]));
    const behind = after(joined, changed(message(3, 3)));
    expect(behind).toMatchObject({ gap: true, rev: 1 });
    expect(seqs(behind.tail.messages)).toEqual([1]);

    const caughtUp = after(behind, history('delta', 3, [message(2, 2), message(3, 3)]));
    expect(caughtUp).toMatchObject({ gap: false, rev: 3 });
    expect(seqs(caughtUp.tail.messages)).toEqual([1, 2, 3]);
  });

  it('are taken once, whether they came alone, in a resume or in both', () => {
    const edited = message(1, 2, { content: 'edited' });
    const joined = after(empty, history('page', 2, [edited]));
    expect(after(joined, changed(message(1, 1)), changed(edited))).toBe(joined);
    expect(after(joined, history('delta', 2, [edited])).tail.messages).toEqual([edited]);
  });

  it('that do not go on where the list ends have everything loaded again', () => {
    const broken = after(hundred, changed(message(105, 101)));
    expect(broken).toMatchObject({ rev: null, gap: true });
    expect(after(broken, history('page', 120, run(110, 112), true))).toMatchObject({ rev: 120, gap: false });
  });

  it('before the first history say nothing', () => {
    expect(after(empty, changed(message(1, 1)), { type: 'passed', rev: 2 })).toBe(empty);
  });
});

describe('a reset', () => {
  const looking = after(hundred, asked({ around: 50 }), {
    type: 'pageCame',
    place: { around: 50 },
    page: page(100, run(48, 52)),
  });

  it('drops what is held, the window too: changes of it may have been missed', () => {
    const reset = after(looking, history('reset', 900, run(697, 700), true));
    expect(reset).toMatchObject({ rev: 900, window: null, gap: false });
    expect(seqs(reset.tail.messages)).toEqual([697, 698, 699, 700]);
    expect(reset.epoch).toBeGreaterThan(looking.epoch);
  });

  it('ends the waiting for pages at ends that are gone, but not a jump', () => {
    const reset = after(
      hundred,
      asked({ before: 97 }),
      asked({ around: 50 }),
      history('reset', 900, run(697, 700), true),
    );
    const late = after(reset, { type: 'pageCame', place: { before: 97 }, page: page(900, run(90, 96)) });
    expect(late).toBe(reset);
    const jumped = after(reset, { type: 'pageCame', place: { around: 50 }, page: page(900, run(48, 52)) });
    expect(seqs(jumped.window?.messages)).toEqual([48, 49, 50, 51, 52]);
  });

  it('does not let in a page that was read before it', () => {
    const reset = after(hundred, asked({ around: 50 }), history('reset', 900, run(697, 700), true));
    const late = after(reset, { type: 'pageCame', place: { around: 50 }, page: page(899, run(48, 52)) });
    expect(late).toMatchObject({ window: null, pages: [] });
  });
});

describe('a page of older messages', () => {
  const asking = after(hundred, asked({ before: 97 }));
  const came = (of: HistoryPage): TimelineEvent => ({ type: 'pageCame', place: { before: 97 }, page: of });

  it('is asked for once, taken in where it was asked for, and says whether there are more', () => {
    expect(olderPlace(hundred)).toEqual({ before: 97 });
    expect([olderState(asking), olderPlace(asking)]).toEqual(['loading', null]);
    const longer = after(asking, came(page(100, run(94, 96))));
    expect(seqs(longer.tail.messages)).toEqual([94, 95, 96, 97, 98, 99, 100]);
    expect([olderState(longer), olderPlace(longer)]).toEqual(['idle', { before: 94 }]);
    expect(longer.epoch).toBe(hundred.epoch);
    const whole = after(asking, came(page(100, run(1, 96), false)));
    expect(olderPlace(whole)).toBe(null);
  });

  it('that was read before changes which have come since gets them', () => {
    const edited = message(95, 101, { content: 'edited' });
    const clap = {
      roomId: 'room',
      id: 'id-94',
      rev: 102,
      claps: { total: 3 },
      by: [{ userId: ME, count: 3 }],
    };
    const longer = after(asking, changed(edited), changed(clap), came(page(100, run(94, 96))));
    expect(longer.tail.messages[1]).toEqual(edited);
    expect(longer.tail.messages[0]).toMatchObject({ rev: 102, claps: { total: 3, mine: 3 } });
    expect(longer.aside).toEqual([]);
  });

  it('that was read after changes which are still to come is not taken back by them', () => {
    const edited = message(96, 102, { content: 'edited twice' });
    const longer = after(asking, came(page(102, [...run(94, 95), edited])));
    const later = after(longer, changed(message(96, 101, { content: 'edited once' })), changed(edited));
    expect(held(later, 'id-96')).toEqual(edited);
    expect(later.rev).toBe(102);
  });

  it('read at an earlier revision than the one at which it was asked for is not taken', () => {
    const stale = after(asking, came(page(99, run(94, 96))));
    expect([olderState(stale), seqs(stale.tail.messages)?.[0]]).toEqual(['failed', 97]);
    expect(olderPlace(stale)).toEqual({ before: 97 });
    expect(olderState(after(stale, asked({ before: 97 })))).toBe('loading');
  });

  it('with a hole is not taken', () => {
    const torn = after(asking, came(page(100, [...run(90, 92), ...run(94, 96)])));
    expect([olderState(torn), torn.tail]).toEqual(['failed', hundred.tail]);
  });

  it('has to be read anew when more has changed meanwhile than is put aside', () => {
    const asking = after(
      emptyTimeline(MY_SELF, 'room', { held: 40, end: 4, aside: 3 }),
      history('page', 100, run(97, 100), true),
      asked({ before: 97 }),
    );
    const many = after(asking, ...run(101, 104).map((each) => changed(each)));
    expect(many.aside.length).toBeLessThanOrEqual(3);
    expect(olderState(after(many, came(page(103, run(94, 96)))))).toBe('failed');
    expect(olderState(after(many, came(page(104, run(94, 96)))))).toBe('idle');
  });

  it('that does not come may be asked for again', () => {
    const failed = after(asking, { type: 'pageFailed', place: { before: 97 }, problem: NO });
    expect([olderState(failed), olderPlace(failed)]).toEqual(['failed', { before: 97 }]);
  });
});

describe('a jump', () => {
  const jump = (seq: number, messages: Message[], rev = 100): TimelineEvent[] => [
    asked({ around: seq }),
    { type: 'pageCame', place: { around: seq }, page: page(rev, messages) },
  ];
  const away = after(hundred, ...jump(50, run(48, 52)));

  it('far into the past shows a window, in which messages change as they do at the end', () => {
    expect(seqs(away.window?.messages)).toEqual([48, 49, 50, 51, 52]);
    expect(away.epoch).toBe(hundred.epoch + 1);
    const edited = message(50, 101, { content: 'edited' });
    const told = after(
      away,
      changed(edited),
      changed(message(101, 102)),
      history('delta', 103, [message(51, 103)]),
    );
    expect(held(told, 'id-50')).toEqual(edited);
    expect(held(told, 'id-51')?.rev).toBe(103);
    expect(lastSeq(told)).toBe(101);
  });

  it('says where a message is', () => {
    expect(whereIs(away, 50)).toEqual({ seq: 50, in: 'shown' });
    expect(whereIs(away, 'id-99')).toEqual({ seq: 99, in: 'tail' });
    expect(whereIs(away, 70)).toBe(null);
    expect(whereIs(after(away, { type: 'toEnd' }), 'id-99')).toEqual({ seq: 99, in: 'shown' });
  });

  it('next to what is held makes that longer, and a view stays where it is', () => {
    const next = after(hundred, ...jump(95, run(93, 97)));
    expect(next).toMatchObject({ window: null, epoch: hundred.epoch });
    expect(seqs(next.tail.messages)).toEqual([93, 94, 95, 96, 97, 98, 99, 100]);
    const near = after(away, ...jump(54, run(53, 56)));
    expect(near.epoch).toBe(away.epoch);
    expect(seqs(near.window?.messages)).toEqual([48, 49, 50, 51, 52, 53, 54, 55, 56]);
  });

  it('from the window back to the newest messages leaves it', () => {
    const back = after(away, ...jump(95, run(93, 97)));
    expect(back).toMatchObject({ window: null, epoch: away.epoch + 1 });
    expect(whereIs(back, 95)?.in).toBe('shown');
  });

  it('grows both ways at once, and becomes one list with the tail where it meets it', () => {
    expect([olderPlace(away), newerPlace(away)]).toEqual([{ before: 48 }, { after: 52 }]);
    const both = after(away, asked({ before: 48 }), asked({ after: 52 }));
    expect([olderState(both), newerState(both)]).toEqual(['loading', 'loading']);
    const grown = after(
      both,
      { type: 'pageCame', place: { after: 52 }, page: page(100, run(53, 97)) },
      { type: 'pageCame', place: { before: 48 }, page: page(100, run(46, 47)) },
    );
    expect(grown).toMatchObject({ window: null, epoch: away.epoch, pages: [] });
    expect(seqs(grown.tail.messages)).toEqual(seqs(run(46, 100)));
    expect(newerPlace(grown)).toBe(null);
  });

  it('that was left before its page came does not happen', () => {
    const left = after(hundred, asked({ around: 50 }), { type: 'toEnd' });
    const late = after(left, { type: 'pageCame', place: { around: 50 }, page: page(100, run(48, 52)) });
    expect(late).toBe(left);
    const other = after(hundred, asked({ around: 50 }), ...jump(20, run(18, 22)));
    const first = after(other, { type: 'pageCame', place: { around: 50 }, page: page(100, run(48, 52)) });
    expect(seqs(first.window?.messages)).toEqual([18, 19, 20, 21, 22]);
  });

  it('to a message that is not there yet shows nothing: what comes after the end comes with the events', () => {
    const beyond = after(hundred, ...jump(102, run(100, 104), 104));
    expect(beyond).toMatchObject({ window: null, tail: hundred.tail, pages: [] });
  });

  it('away while a page of older messages was asked for lets that page into the tail', () => {
    const late = after(hundred, asked({ before: 97 }), ...jump(50, run(48, 52)), {
      type: 'pageCame',
      place: { before: 97 },
      page: page(100, run(94, 96)),
    });
    expect(seqs(late.window?.messages)).toEqual([48, 49, 50, 51, 52]);
    expect(late.tail.messages[0]?.seq).toBe(94);
  });
});

describe('the bound', () => {
  const limits = { held: 20, end: 3, aside: 10 };
  const tight = after(emptyTimeline(MY_SELF, 'room', limits), history('page', 100, run(91, 100), true));

  it('takes the oldest off a tail that grows at its end', () => {
    const grown = after(tight, ...run(101, 150).map((each) => changed(each)));
    expect(grown.tail.messages.length).toBeLessThanOrEqual(20);
    expect([lastSeq(grown), grown.tail.hasOlder]).toEqual([150, true]);
  });

  it('leaves the older half in view of who reads up, as a window', () => {
    const up = after(
      tight,
      asked({ before: 91 }),
      { type: 'pageCame', place: { before: 91 }, page: page(100, run(86, 90)) },
      asked({ before: 86 }),
      { type: 'pageCame', place: { before: 86 }, page: page(100, run(80, 85)) },
    );
    expect(seqs(up.window?.messages)).toEqual(seqs(run(80, 89)));
    expect(seqs(up.tail.messages)).toEqual([98, 99, 100]);
    expect(up.epoch).toBe(tight.epoch);
    expect(newerPlace(up)).toEqual({ after: 89 });
  });

  it('is lower for a tail that nobody looks at, and what was dropped can be asked for', () => {
    const trimmed = after(tight, { type: 'trimmed', keep: 2 });
    expect(seqs(trimmed.tail.messages)).toEqual([99, 100]);
    expect(olderPlace(trimmed)).toEqual({ before: 99 });
    expect(after(trimmed, { type: 'trimmed', keep: 2 })).toBe(trimmed);
    expect(lastSeq(after(tight, { type: 'trimmed', keep: 0 }))).toBe(100);
  });

  it('drops a page that belongs before what is no longer held', () => {
    const trimmed = after(tight, asked({ before: 91 }), { type: 'trimmed', keep: 2 });
    const late = after(trimmed, { type: 'pageCame', place: { before: 91 }, page: page(100, run(86, 90)) });
    expect(late).toBe(trimmed);
  });
});

describe('an own message', () => {
  const joined = after(empty, history('page', 0, []), written('c1'));
  const mine = message(1, 1, { userId: ME, clientId: 'c1' });
  const echo = changed(mine);
  const ack: TimelineEvent = { type: 'acknowledged', clientId: 'c1', message: mine };

  it.each([
    ['acknowledgement first', [ack, echo]],
    ['echo first', [echo, ack]],
    ['found in a resume', [history('delta', 1, [mine]), ack]],
    ['acknowledged twice', [ack, echo, ack]],
  ])('is there once at each moment: %s', (_, events) => {
    let state = joined;
    for (const event of events) {
      state = timelineReducer(state, event);
      expect(state.tail.messages.length + state.pending.length).toBe(1);
    }
    expect(state.tail.messages).toHaveLength(1);
  });

  it('is not taken for another’s with the same name for it', () => {
    const other = after(joined, changed(message(1, 1, { userId: 'ada', clientId: 'c1' })));
    expect(waiting(other)).toEqual(['c1']);
  });

  it('that was acknowledged leaves the end when the list goes on beyond its place', () => {
    const reset = after(joined, ack, history('reset', 90, run(80, 90), true));
    expect(reset.pending).toEqual([]);
  });

  it('is waited for over a reset that does not have it yet', () => {
    const late: TimelineEvent = {
      type: 'acknowledged',
      clientId: 'c1',
      message: message(91, 91, { clientId: 'c1' }),
    };
    expect(waiting(after(joined, late, history('reset', 90, run(80, 90), true)))).toEqual(['c1']);
  });

  it('that failed stays until it is tried again or discarded, and so does the problem of another', () => {
    const failed = after(
      joined,
      written('c2'),
      { type: 'refused', clientId: 'c1', problem: NO },
      { type: 'refused', clientId: 'c2', problem: NO },
    );
    expect(failed.pending[0]).toMatchObject({ state: 'failed', problem: NO });
    const again = after(failed, { type: 'retried', clientId: 'c1' });
    expect(again.pending[0]).not.toHaveProperty('problem');
    expect(again.pending[1]).toBe(failed.pending[1]);
    expect(waiting(after(failed, { type: 'discarded', clientId: 'c1' }))).toEqual(['c2']);
  });

  it('that the server has is not refused by what comes late', () => {
    const kept = after(joined, ack, { type: 'refused', clientId: 'c1', problem: NO });
    expect(kept.pending[0]).toMatchObject({ state: 'sent', seq: 1 });
    expect(after(joined, echo, { type: 'refused', clientId: 'c1', problem: NO }).pending).toEqual([]);
  });

  it('of an earlier visit comes before what has been written since, once', () => {
    const restored: TimelineEvent = {
      type: 'restored',
      pending: [pending('a'), pending('b'), pending('c1')],
    };
    const all = after(joined, restored, restored);
    expect(waiting(all)).toEqual(['a', 'b', 'c1']);
  });

  it('of an earlier visit that did arrive is not shown a second time', () => {
    const arrived = after(empty, history('page', 1, [mine]), {
      type: 'restored',
      pending: [pending('c1'), pending('c2')],
    });
    expect(waiting(arrived)).toEqual(['c2']);
    const found = after(hundred, { type: 'restored', pending: [pending('c1')] }, asked({ before: 97 }), {
      type: 'pageCame',
      place: { before: 97 },
      page: page(100, [message(96, 96, { userId: ME, clientId: 'c1' })]),
    });
    expect(found.pending).toEqual([]);
  });
});
