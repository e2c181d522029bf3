// A server with one room, small enough to be right by looking at it: what tests of the timeline are compared with.
import type { Clapped, History, HistoryPage, Message, Reacted } from '../wire.js';
import type { Change } from './message-change.js';
import type { Place, TimelineEvent } from './timeline.js';

export const ME = 'me';
export const MY_SELF = { id: ME, username: 'Me' };
const NEWEST = 4;
const PAGE = 5;
const MOST_IN_DELTA = 6;

export interface Told {
  /** The revision before. */
  from: number;
  event: TimelineEvent;
}

/** A message as somebody who reads it gets it. */
export function message(seq: number, rev: number, more: Partial<Message> = {}): Message {
  return {
    id: `id-${seq}`,
    roomId: 'room',
    seq,
    rev,
    userId: 'ada',
    username: 'Ada',
    content: `text ${seq}`,
    type: 'text',
    timestamp: '2026-01-01T10:00:00.000Z',
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    ...more,
  };
}

/** As everybody gets it: without what is one reader's own. */
export function broadcast(of: Message): Message {
  const reactions = of.reactions.map(({ mine: _, ...each }) => each);
  return { ...of, claps: { total: of.claps.total }, reactions };
}

export function history(
  mode: History['mode'],
  rev: number,
  messages: Message[],
  hasMore = false,
): TimelineEvent {
  return { type: 'history', history: { roomId: 'room', mode, rev, messages, hasMore } };
}

export const changed = (change: Change): TimelineEvent => ({ type: 'changed', change });

/** Each change is one revision; `tell` hears of each, in order. */
export class ModelRoom {
  /** The whole list at each revision. */
  private readonly moments: (readonly Message[])[] = [[]];

  constructor(private readonly tell: (told: Told) => void) {}

  get rev(): number {
    return this.moments.length - 1;
  }

  at(rev: number): readonly Message[] {
    return this.moments[rev] ?? [];
  }

  get messages(): readonly Message[] {
    return this.at(this.rev);
  }

  write(userId: string, clientId?: string): Message {
    const said = this.messages.find(
      (each) => each.userId === userId && clientId && each.clientId === clientId,
    );
    if (said) return said;
    const next = message(this.messages.length + 1, this.rev + 1, {
      userId,
      ...(clientId ? { clientId } : {}),
    });
    this.commit(next, broadcast(next));
    return next;
  }

  /** An edit, or what the worker has found in a message. */
  edit(target: Message) {
    const next = { ...target, rev: this.rev + 1, content: `edit ${this.rev}`, mentions: [ME] };
    this.commit(next, broadcast(next));
  }

  delete(target: Message) {
    const deletedAt = '2026-01-02T10:00:00.000Z';
    const next = { ...target, rev: this.rev + 1, content: '', mentions: [], previews: [], deletedAt };
    const { roomId, id, seq, rev } = next;
    this.commit(next, { roomId, id, seq, rev, deletedAt });
  }

  clap(target: Message, userId: string) {
    const { total, mine = 0 } = target.claps;
    const count = (userId === ME ? mine : total - mine) + 1;
    const claps = { total: total + 1, mine: userId === ME ? count : mine };
    const { roomId, id } = target;
    const rev = this.rev + 1;
    const event: Clapped = { roomId, id, rev, claps: { total: claps.total }, by: [{ userId, count }] };
    this.commit({ ...target, rev, claps }, event);
  }

  /** Puts the user's mark, or takes it back. */
  react(target: Message, userId: string, emoji: string) {
    const own = userId === ME;
    const known = target.reactions.find((each) => each.emoji === emoji);
    const on = !(own ? known?.mine : (known?.count ?? 0) > (known?.mine ? 1 : 0));
    const count = (known?.count ?? 0) + (on ? 1 : -1);
    const others = target.reactions.filter((each) => each !== known);
    const mine = own ? on : (known?.mine ?? false);
    const reactions = count > 0 ? [...others, { emoji, count, mine }] : others;
    const { roomId, id } = target;
    const rev = this.rev + 1;
    const told = reactions.map(({ mine: _, ...each }) => each);
    const event: Reacted = { roomId, id, rev, reactions: told, userId, emoji, on };
    this.commit({ ...target, rev, reactions }, event);
  }

  rename() {
    const from = this.rev;
    this.moments.push(this.messages);
    this.tell({ from, event: { type: 'passed', rev: this.rev } });
  }

  /** What a join is answered with. */
  joined(since: number | null): TimelineEvent {
    if (since === null) return this.newest('page');
    const delta = this.messages.filter(({ rev }) => rev > since);
    return delta.length > MOST_IN_DELTA ? this.newest('reset') : history('delta', this.rev, delta);
  }

  /** A page, as a replica that is `lag` revisions behind reads it. */
  page(place: Place, lag: number): HistoryPage {
    const rev = Math.max(0, this.rev - lag);
    const all = this.at(rev);
    let [first, end] = [0, all.length];
    if ('before' in place) end = Math.min(end, place.before - 1);
    if ('before' in place) first = Math.max(0, end - PAGE);
    if ('after' in place) first = Math.min(place.after, end);
    if ('after' in place) end = Math.min(end, first + PAGE);
    if ('around' in place) first = Math.max(0, Math.min(place.around, end) - 3);
    if ('around' in place) end = Math.min(end, place.around + 2);
    const hasMore =
      'before' in place ? first > 0 : 'after' in place ? end < all.length : end - first < all.length;
    return { messages: all.slice(first, end), hasMore, rev };
  }

  private newest(mode: 'page' | 'reset'): TimelineEvent {
    const newest = this.messages.slice(-NEWEST);
    return history(mode, this.rev, newest, newest.length < this.messages.length);
  }

  private commit(next: Message, change: Change) {
    const from = this.rev;
    const list = [...this.messages];
    list[next.seq - 1] = next;
    this.moments.push(list);
    this.tell({ from, event: changed(change) });
  }
}
