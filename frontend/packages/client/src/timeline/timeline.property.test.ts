// The timeline's promise, tried against a small model of a server and a line to it that can be slow, broken and cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MessageItem } from '../contract.js';
import { Problem } from '../problem.js';
import type { HistoryPage, Message } from '../wire.js';
import { noActs } from './acts.js';
import { ME, ModelRoom, MY_SELF, type Told } from './room.model.js';
import { touch } from './span.js';
import {
  emptyTimeline,
  LIMITS,
  type Limits,
  newerPlace,
  olderPlace,
  type Place,
  type TimelineEvent,
  timelineReducer,
} from './timeline.js';
import { createShown } from './view.js';

/** A page has up to five messages. */
const TIGHT: Limits = { held: 32, end: 2, aside: 5 };
const NO = new Problem({ code: 'forbidden', message: 'no' });

/** One client of a model room, and the line between them: what is on its way waits until a story lets it arrive. */
class Visit {
  readonly room = new ModelRoom((told) => {
    if (this.isJoined) this.line.push(told);
  });
  line: Told[] = [];
  acks: { clientId: string; answer: Message | null }[] = [];
  requests: { place: Place; page?: HistoryPage }[] = [];
  /** The send that the server has not seen yet. */
  sending: string | null = null;
  isJoined = false;
  /** A part of what the server told since the join was lost. */
  isTorn = false;
  written: string[] = [];
  discarded = new Set<string>();
  state;
  private readonly show = createShown();
  private shown;
  private readonly keys = new Map<string, string>();

  constructor(limits: Limits) {
    this.state = emptyTimeline(MY_SELF, 'room', limits);
    this.shown = this.show(this.state, noActs);
  }

  do([verb, at]: Step) {
    STORY[verb](this, at);
  }

  take(event: TimelineEvent) {
    const before = this.state;
    this.state = timelineReducer(before, event);
    const was = this.shown;
    this.shown = this.show(this.state, noActs);
    this.check();
    this.checkItems(was.messages);
    this.checkEpoch(was, event);
  }

  deliver(count: number) {
    for (const { event } of this.line.splice(0, count)) {
      this.take(event);
      if (this.state.gap) this.join();
    }
  }

  join() {
    this.isJoined = true;
    this.isTorn = false;
    this.line.push({ from: this.room.rev, event: this.room.joined(this.state.rev) });
  }

  cut() {
    this.isJoined = false;
    this.line = [];
    this.acks = [];
    this.sending = null;
  }

  write(clientId: string) {
    this.written.push(clientId);
    this.take({
      type: 'written',
      pending: { clientId, content: clientId, writtenAt: '2026-01-01T10:00:00.000Z', state: 'waiting' },
    });
  }

  /** One at a time, in order, as an outbox does. */
  send() {
    const next = this.state.pending.find(({ state }) => state === 'waiting');
    if (this.isJoined && !this.sending && this.acks.length === 0 && next) this.sending = next.clientId;
  }

  serve(taken: boolean) {
    if (!this.sending) return;
    const clientId = this.sending;
    this.sending = null;
    this.acks.push({ clientId, answer: taken ? this.room.write(ME, clientId) : null });
  }

  answer() {
    const ack = this.acks.shift();
    if (!ack) return;
    const { clientId, answer } = ack;
    if (answer) this.take({ type: 'acknowledged', clientId, message: answer });
    else this.take({ type: 'refused', clientId, problem: NO });
  }

  ask(place: Place | null) {
    if (!place) return;
    this.requests.push({ place });
    this.take({ type: 'pageAsked', place });
  }

  bring(index: number) {
    const [request] = this.requests.splice(index, 1);
    if (!request) return;
    const { place } = request;
    this.take({ type: 'pageCame', place, page: request.page ?? this.room.page(place, 0) });
  }

  /** Lets everything arrive, with nothing new from anybody. */
  rest() {
    if (!this.isJoined) this.join();
    this.arrive();
    while (this.sending || this.acks.length > 0 || this.state.pending.some(({ state }) => state !== 'sent')) {
      each(failedOf(this), (clientId) => this.take({ type: 'retried', clientId }));
      this.send();
      this.serve(true);
      this.answer();
    }
    this.arrive();
    // What was lost at the very end is found at the next join.
    if (this.state.rev !== this.room.rev) {
      this.join();
      this.arrive();
    }
    while (this.requests.length > 0) this.bring(0);
  }

  private arrive() {
    while (this.line.length > 0) this.deliver(Number.POSITIVE_INFINITY);
  }

  target(at: number): Message | undefined {
    const target = this.room.messages[at % Math.max(1, this.room.messages.length)];
    return target?.deletedAt ? undefined : target;
  }

  /** What holds at each moment. */
  private check() {
    const { rev, tail, window, pending, limits, aside, pages } = this.state;
    for (const list of window ? [tail, window] : [tail]) {
      const first = list.messages[0]?.seq ?? 1;
      expect(list.messages.map(({ seq }) => seq)).toEqual(list.messages.map((_, index) => first + index));
      expect(list.messages.length).toBeLessThanOrEqual(limits.held);
      expect(list.hasOlder).toBe(first > 1);
      if (rev !== null) expect(list.messages).toEqual(list.messages.map((each) => this.asServed(each, rev)));
    }
    if (window) {
      expect(window.messages.length).toBeGreaterThan(0);
      expect(touch(window, tail)).toBe(false);
      expect(tail.messages.length).toBeLessThanOrEqual(2 * limits.end);
    }
    expect(aside.length).toBeLessThanOrEqual(limits.aside);
    if (!pages.some(({ problem }) => !problem)) expect(aside).toEqual([]);
    const waiting = pending.map(({ clientId }) => clientId);
    expect(waiting).toEqual(this.written.filter((each) => waiting.includes(each)));
    for (const each of this.written) {
      const isKept = waiting.includes(each) || this.discarded.has(each);
      if (!isKept) expect(this.room.messages.some(({ clientId }) => clientId === each)).toBe(true);
    }
  }

  /** The message as it was at the timeline's revision, or at the later one at which a page has brought it. */
  private asServed({ seq, rev }: Message, known: number): Message | undefined {
    return this.room.at(Math.max(known, rev))[seq - 1];
  }

  private checkItems(before: readonly MessageItem[]) {
    const { messages } = this.shown;
    const keys = messages.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    const places = messages.map(({ seq }) => seq);
    expect(places.slice(places.indexOf(null)).every((seq) => seq === null) || !places.includes(null)).toBe(
      true,
    );
    const known = new Map(before.map((item) => [item.key, item]));
    for (const item of messages) {
      if (item.seq !== null) {
        expect(item.key).toBe(this.keys.get(item.id) ?? item.key);
        this.keys.set(item.id, item.key);
      }
      if (item.clientId && item.userId === ME) expect(item.key).toBe(item.clientId);
      const was = known.get(item.key);
      if (was && was !== item) expect(item).not.toEqual(was);
    }
  }

  private checkEpoch(was: ReturnType<typeof this.show>, event: TimelineEvent) {
    const [then, now] = [was, this.shown].map(({ messages }) => messages.filter(({ seq }) => seq !== null));
    if (this.shown.epoch > was.epoch) {
      expect(['history', 'pageCame', 'toEnd']).toContain(event.type);
      return;
    }
    // Without a rise, something that was there is still there for a view to hold on to.
    const keys = new Set(now?.map(({ key }) => key));
    if (then?.length) expect(then.some(({ key }) => keys.has(key))).toBe(true);
  }
}

const STORY = {
  write: (visit) => void visit.room.write('ada'),
  /** From another device of the user's; sometimes one that names its messages. */
  writeElsewhere: (visit, at) =>
    void visit.room.write(ME, at % 2 ? `elsewhere ${visit.room.rev}` : undefined),
  edit: (visit, at) => each(visit.target(at), (target) => visit.room.edit(target)),
  delete: (visit, at) => each(visit.target(at), (target) => visit.room.delete(target)),
  clap: (visit, at) => each(visit.target(at), (target) => visit.room.clap(target, at % 3 ? ME : 'ada')),
  react: (visit, at) =>
    each(visit.target(at), (target) => visit.room.react(target, at % 3 ? ME : 'ada', at % 5 ? '👍' : '🎉')),
  rename: (visit) => visit.room.rename(),
  deliver: (visit, at) => visit.deliver(1 + (at % 3)),
  lose(visit, at) {
    visit.isTorn ||= visit.line.length > 0;
    visit.line.splice(at % Math.max(1, visit.line.length), 1);
  },
  /** The server looks at the store: one history instead of what was not delivered. */
  skipAhead(visit) {
    const [first] = visit.line;
    if (!first || visit.isTorn || visit.line.some(({ event }) => event.type === 'history')) return;
    visit.line = [{ from: first.from, event: visit.room.joined(first.from) }];
  },
  cut: (visit) => visit.cut(),
  join: (visit) => visit.join(),
  say: (visit) => visit.write(`here ${visit.written.length}`),
  send: (visit) => visit.send(),
  serve: (visit, at) => visit.serve(at % 4 !== 0),
  answer: (visit) => visit.answer(),
  retry: (visit) => each(failedOf(visit), (clientId) => visit.take({ type: 'retried', clientId })),
  discard: (visit) =>
    each(failedOf(visit), (clientId) => {
      visit.discarded.add(clientId);
      visit.take({ type: 'discarded', clientId });
    }),
  /** From an earlier visit: one that the server never got, one that it did, and what is there already. */
  restore(visit, at) {
    const [lost, got] = [`lost ${visit.written.length}`, `got ${visit.written.length}`];
    if (at % 2) visit.room.write(ME, got);
    visit.written.unshift(lost, got);
    const restored = [lost, got].map((clientId) => ({
      clientId,
      content: clientId,
      writtenAt: '2025-12-31T10:00:00.000Z',
      state: 'waiting' as const,
    }));
    visit.take({ type: 'restored', pending: [...restored, ...visit.state.pending] });
  },
  askOlder: (visit) => visit.ask(olderPlace(visit.state)),
  askNewer: (visit) => visit.ask(newerPlace(visit.state)),
  jump: (visit, at) => visit.ask({ around: 1 + (at % (visit.room.messages.length + 1)) }),
  readPage(visit, at) {
    const request = visit.requests[at % Math.max(1, visit.requests.length)];
    if (request) request.page ??= visit.room.page(request.place, at % 7 === 0 ? 3 : 0);
  },
  bringPage: (visit, at) => visit.bring(at % Math.max(1, visit.requests.length)),
  failPage(visit, at) {
    const [request] = visit.requests.splice(at % Math.max(1, visit.requests.length), 1);
    if (request) visit.take({ type: 'pageFailed', place: request.place, problem: NO });
  },
  toEnd: (visit) => visit.take({ type: 'toEnd' }),
  trim: (visit, at) => visit.take({ type: 'trimmed', keep: at % 8 }),
} satisfies Record<string, (visit: Visit, at: number) => void>;

type Verb = keyof typeof STORY;
type Step = [Verb, number];

function each<T>(one: T | undefined, then: (one: T) => void) {
  if (one !== undefined) then(one);
}

function failedOf({ state }: Visit): string | undefined {
  return state.pending.find((each) => each.state === 'failed')?.clientId;
}

const verbs = fc.constantFrom(...(Object.keys(STORY) as Verb[]));
const steps = (pool: fc.Arbitrary<Verb>) =>
  fc.array(fc.tuple(pool, fc.nat(60)), { minLength: 10, maxLength: 150 });

function begun(limits: Limits, length: number): Visit {
  const visit = new Visit(limits);
  for (let count = 0; count < length; count += 1) visit.room.write('ada');
  visit.join();
  return visit;
}

function expectTheRoom({ state, room }: Visit) {
  expect(state).toMatchObject({ rev: room.rev, gap: false, pending: [], aside: [] });
  expect(state.pages.filter(({ problem }) => !problem)).toEqual([]);
  expect(state.tail.messages.at(-1)?.seq ?? 0).toBe(room.messages.length);
  for (const { messages } of state.window ? [state.tail, state.window] : [state.tail]) {
    const first = messages[0]?.seq ?? 1;
    expect(messages).toEqual(room.messages.slice(first - 1, first - 1 + messages.length));
  }
}

describe('a timeline', () => {
  it.each([
    ['with room for all', LIMITS, 25],
    ['with tight bounds', TIGHT, 40],
    ['that begins empty', TIGHT, 0],
  ])(
    'shows what the server has, whatever was cut, lost, late or asked for: %s',
    (_, limits, length) => {
      fc.assert(
        fc.property(steps(verbs), (story) => {
          const visit = begun(limits, length);
          for (const step of story) visit.do(step);
          visit.rest();
          expectTheRoom(visit);
          for (const clientId of visit.written) {
            const times = visit.room.messages.filter((each) => each.clientId === clientId).length;
            expect(times).toBeGreaterThanOrEqual(visit.discarded.has(clientId) ? 0 : 1);
            expect(times).toBeLessThanOrEqual(1);
          }
        }),
        { numRuns: 200 },
      );
    },
    120_000,
  );

  it('is whole again when everything was paged in, over windows and bounds', () => {
    const reading = fc.constantFrom<Verb>(
      'askOlder',
      'askNewer',
      'jump',
      'toEnd',
      'trim',
      'readPage',
      'bringPage',
      'bringPage',
      'write',
      'edit',
      'clap',
      'deliver',
    );
    fc.assert(
      fc.property(steps(reading), fc.constantFrom(LIMITS, TIGHT), (story, limits) => {
        const visit = begun(limits, 60);
        for (const step of story) visit.do(step);
        visit.rest();
        while (newerPlace(visit.state)) {
          visit.ask(newerPlace(visit.state));
          visit.bring(0);
        }
        expect(visit.state.window).toBe(null);
        expectTheRoom(visit);
        const seen = new Set(visit.state.tail.messages.map(({ seq }) => seq));
        for (let place = olderPlace(visit.state); place; place = olderPlace(visit.state)) {
          visit.ask(place);
          visit.bring(0);
          for (const { seq } of (visit.state.window ?? visit.state.tail).messages) seen.add(seq);
        }
        expect(seen.has(1)).toBe(true);
        expectTheRoom(visit);
      }),
      { numRuns: 80 },
    );
  }, 120_000);
});
