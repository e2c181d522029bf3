// The room's promise, tried against a small model of a server with cuts, resumes and pages that come late.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clapped, History, HistoryPage, Message, Reacted } from '../wire.js';
import { emptyRoom, type RoomEvent, type RoomState, roomReducer } from './history.js';

const ME = 'me';

function message(seq: number, rev: number, content = `text ${seq}`, clientId?: string): Message {
  return {
    id: `id-${seq}`,
    roomId: 'room',
    seq,
    rev,
    userId: clientId ? ME : 'ada',
    username: clientId ? 'Me' : 'Ada',
    content,
    type: 'text',
    timestamp: '2026-01-01T10:00:00.000Z',
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    ...(clientId ? { clientId } : {}),
  };
}

function after(state: RoomState, ...events: RoomEvent[]): RoomState {
  return events.reduce(roomReducer, state);
}

function history(mode: History['mode'], rev: number, messages: Message[], hasMore = false): RoomEvent {
  return { type: 'history', history: { roomId: 'room', mode, rev, messages, hasMore } };
}

const change = (changed: Message): RoomEvent => ({ type: 'changed', change: changed });

const written: RoomEvent = {
  type: 'written',
  pending: { clientId: 'c1', content: 'mine', writtenAt: '2026-01-01T10:00:00.000Z', state: 'waiting' },
};

/** A server with one room and one client on a line that can be cut; what it sends waits in `line` until it is delivered. */
class Model {
  messages: Message[] = [];
  rev = 0;
  line: RoomEvent[] = [];
  joined = false;
  page: { before: number; page?: HistoryPage } | null = null;
  state = emptyRoom(ME);

  do(step: Step) {
    const [verb, at] = step;
    const target = this.messages[at % Math.max(1, this.messages.length)];
    switch (verb) {
      case 'write':
        return this.commit(message(this.messages.length + 1, this.rev + 1));
      case 'edit':
        if (target && !target.deletedAt)
          this.commit({ ...target, rev: this.rev + 1, content: `edit ${this.rev}` });
        return;
      case 'delete': {
        if (!target || target.deletedAt) return;
        const deletedAt = '2026-01-02T10:00:00.000Z';
        const deleted = { ...target, rev: this.rev + 1, content: '', mentions: [], previews: [], deletedAt };
        const { roomId, id, seq, rev } = deleted;
        return this.commit(deleted, { type: 'changed', change: { roomId, id, seq, rev, deletedAt } });
      }
      case 'clap':
        if (target && !target.deletedAt) this.clap(target, at % 2 === 0 ? ME : 'ada');
        return;
      case 'react':
        if (target && !target.deletedAt) this.react(target, at % 2 === 0 ? ME : 'ada');
        return;
      case 'rename':
        this.rev += 1;
        if (this.joined) this.line.push({ type: 'passed', rev: this.rev });
        return;
      case 'deliver':
        return this.deliver(1 + (at % 3));
      case 'cut':
        this.joined = false;
        this.line = [];
        return;
      case 'join':
        return this.join();
      case 'askOlder':
        if (this.page || !this.state.hasOlder || !this.state.messages[0]) return;
        this.page = { before: this.state.messages[0].seq };
        return this.take({ type: 'olderAsked' });
      case 'readOlder':
        if (this.page) this.page.page ??= this.older(this.page.before);
        return;
      case 'bringOlder':
        return this.bringOlder();
    }
  }

  private clap(target: Message, userId: string) {
    const rev = this.rev + 1;
    const { total, mine = 0 } = target.claps;
    const count = (userId === ME ? mine : total - mine) + 1;
    const claps = { total: total + 1, mine: userId === ME ? count : mine };
    const { roomId, id } = target;
    const event: Clapped = { roomId, id, rev, claps: { total: claps.total }, by: [{ userId, count }] };
    this.commit({ ...target, rev, claps }, { type: 'changed', change: event });
  }

  /** Each reacts with an emoji of their own and takes it back the next time. */
  private react(target: Message, userId: string) {
    const rev = this.rev + 1;
    const emoji = userId === ME ? '🎉' : '👍';
    const on = !target.reactions.some((each) => each.emoji === emoji);
    const others = target.reactions.filter((each) => each.emoji !== emoji);
    const reactions = on ? [...others, { emoji, count: 1, mine: userId === ME }] : others;
    const { roomId, id } = target;
    const told = reactions.map(({ mine: _, ...each }) => each);
    const event: Reacted = { roomId, id, rev, reactions: told, userId, emoji, on };
    this.commit({ ...target, rev, reactions }, { type: 'changed', change: event });
  }

  private commit(changed: Message, event: RoomEvent = change(broadcast(changed))) {
    this.rev = changed.rev;
    this.messages[changed.seq - 1] = changed;
    if (this.joined) this.line.push(event);
  }

  join() {
    const since = this.state.rev;
    this.joined = true;
    if (since === null) {
      const newest = this.messages.slice(-4);
      this.line.push(history('page', this.rev, newest, newest.length < this.messages.length));
    } else if (this.rev - since > 4) {
      const newest = this.messages.slice(-4);
      this.line.push(history('reset', this.rev, newest, newest.length < this.messages.length));
    } else {
      this.line.push(
        history(
          'delta',
          this.rev,
          this.messages.filter(({ rev }) => rev > since),
        ),
      );
    }
  }

  deliver(count: number) {
    for (const event of this.line.splice(0, count)) this.take(event);
  }

  bringOlder() {
    const { page } = this;
    if (!page) return;
    this.page = null;
    this.take({ type: 'olderCame', before: page.before, page: page.page ?? this.older(page.before) });
  }

  private older(before: number): HistoryPage {
    const first = Math.max(0, before - 1 - 3);
    return { messages: this.messages.slice(first, before - 1), hasMore: first > 0, rev: this.rev };
  }

  private take(event: RoomEvent) {
    this.state = roomReducer(this.state, event);
  }
}

const VERBS = [
  'write',
  'edit',
  'delete',
  'clap',
  'react',
  'rename',
  'deliver',
  'cut',
  'join',
  'askOlder',
  'readOlder',
  'bringOlder',
] as const;
type Step = [(typeof VERBS)[number], number];

describe('a room', () => {
  it('that followed the events equals one that was loaded afresh, whatever was cut, late or resumed', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...VERBS), fc.nat(30)), {
      minLength: 20,
      maxLength: 120,
    });
    fc.assert(
      fc.property(steps, (story) => {
        const model = new Model();
        for (let first = 0; first < 6; first += 1) model.do(['write', 0]);
        model.do(['join', 0]);
        for (const step of story) {
          model.do(step);
          expect(model.state.gap).toBe(false);
        }
        if (!model.joined) model.join();
        model.deliver(Number.POSITIVE_INFINITY);
        model.bringOlder();

        const first = model.state.messages[0]?.seq ?? 1;
        expect(model.state.rev).toBe(model.rev);
        expect(model.state.messages).toEqual(model.messages.slice(first - 1));
        expect(model.state.hasOlder).toBe(first > 1);
      }),
      { numRuns: 300 },
    );
  }, 60_000);

  it('says so when a revision is missing, and takes nothing after it until it has caught up', () => {
    const joined = after(emptyRoom(ME), history('page', 1, [message(1, 1)]));
    const behind = after(joined, change(message(3, 3)));
    expect(behind.gap).toBe(true);
    expect(behind.messages).toHaveLength(1);

    const caughtUp = after(behind, history('delta', 3, [message(2, 2), message(3, 3)]));
    expect(caughtUp.gap).toBe(false);
    expect(caughtUp.messages.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});

it('takes a change once, whether it came as an event, in a resume or in both', () => {
  const edited = message(1, 2, 'edited');
  const joined = after(emptyRoom(ME), history('page', 2, [edited]));
  expect(after(joined, change(message(1, 1)), change(edited))).toEqual(joined);
  expect(after(joined, history('delta', 2, [edited])).messages).toEqual([edited]);
});

describe('a page of older messages', () => {
  const joined = after(emptyRoom(ME), history('page', 4, [message(4, 4)], true), { type: 'olderAsked' });
  const page = (...messages: Message[]): HistoryPage => ({ messages, hasMore: false, rev: 6 });

  it('that was read after the events it comes before is not taken back by them', () => {
    const edited = message(3, 6, 'edited twice');
    const longer = after(joined, { type: 'olderCame', before: 4, page: page(edited) });
    expect(after(longer, change(message(3, 5, 'edited once'))).messages[0]).toEqual(edited);
  });

  it('is not joined to a list that it does not belong to', () => {
    const another = after(joined, history('reset', 90, [message(80, 90)], true), { type: 'olderAsked' });
    const late = after(another, { type: 'olderCame', before: 4, page: page(message(3, 3)) });
    expect(late.messages.map(({ seq }) => seq)).toEqual([80]);
  });
});

describe('an own message', () => {
  const joined = after(emptyRoom(ME), history('page', 0, []), written);
  const echo = change(message(1, 1, 'mine', 'c1'));
  const ack: RoomEvent = { type: 'acknowledged', clientId: 'c1', message: message(1, 1, 'mine', 'c1') };

  it.each([
    ['acknowledgement first', [ack, echo]],
    ['echo first', [echo, ack]],
    ['found in a resume', [history('delta', 1, [message(1, 1, 'mine', 'c1')]), ack]],
  ])('is one row at each moment: %s', (_, events) => {
    let state = joined;
    for (const event of events) {
      state = roomReducer(state, event);
      expect(state.messages.length + state.pending.length).toBe(1);
    }
    expect(state.messages).toHaveLength(1);
  });

  it('that was acknowledged leaves the end when the list goes on beyond its place', () => {
    const reset = after(joined, ack, history('reset', 90, [message(80, 89), message(81, 90)], true));
    expect(reset.pending).toEqual([]);
  });

  it('that failed stays until it is tried again or discarded', () => {
    const failed = after(joined, { type: 'refused', clientId: 'c1', problem: 'no' });
    expect(failed.pending[0]).toMatchObject({ state: 'failed', problem: 'no' });
    expect(after(failed, { type: 'retried', clientId: 'c1' }).pending[0]).not.toHaveProperty('problem');
    expect(after(failed, { type: 'discarded', clientId: 'c1' }).pending).toEqual([]);
  });
});

/** As everybody gets it: without what is one reader's own. */
function broadcast(message: Message): Message {
  const reactions = message.reactions.map(({ mine: _, ...each }) => each);
  return { ...message, claps: { total: message.claps.total }, reactions };
}
