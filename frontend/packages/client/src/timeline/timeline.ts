// What is held of a room's messages: lists without gaps or repeats, moved from revision to revision by the server's events and
// grown by pages. A timeline that followed the events equals one that was loaded afresh; what cannot be followed sets `gap`.
import type { Problem } from '../problem.js';
import type { History, HistoryPage, Message, User } from '../wire.js';
import { endOf, put, replaced, shownSpan, withoutOldest, withoutWindow } from './lists.js';
import type { Change } from './message-change.js';
import { asked, came, failed, pruned } from './pages.js';
import { amendPending, type Pending, settle, withPending, withRestored, withWritten } from './pending.js';
import { type Span, span } from './span.js';

/** Pure and immutable; made by `emptyTimeline`, moved by `timelineReducer`. */
export interface Timeline {
  readonly roomId: string;
  readonly me: Author;
  /** The revision up to which everything is in here; `null` before the first history, and when all has to be loaded again. */
  readonly rev: number | null;
  /** Ends at the newest message of the room. */
  readonly tail: Span;
  /** A part of the past, shown in the place of the tail: neither touches nor overlaps it. */
  readonly window: Span | null;
  /** Rises when another list takes the place of the one that is shown. */
  readonly epoch: number;
  /** Pages that are on their way, and those that did not come. */
  readonly pages: readonly PageState[];
  /** What has changed while pages are on their way: a page may have been read before. */
  readonly aside: readonly Change[];
  /** In the order written. */
  readonly pending: readonly Pending[];
  /** Something was missed: join again, with `since` where there is a `rev`. */
  readonly gap: boolean;
  readonly limits: Limits;
}

/** Who writes here. */
export type Author = Pick<User, 'id' | 'username' | 'displayName'>;

/** Where a page lies; `before` and `after` leave that `seq` out. */
export type Place = { before: number } | { after: number } | { around: number };

export interface PageState {
  readonly place: Place;
  /** A page that was read at an earlier revision than this is not taken: changes of it may have been missed. */
  readonly floor: number;
  /** `null` while it is on its way. */
  readonly problem: Problem | null;
}

/** How much is held at most. Whatever is dropped can be paged in again. */
export interface Limits {
  /**
   * Messages of one list; one that would become longer loses the half that is farther from where it grew. A half is more than
   * twice `end` and two pages: what is looked at while the list grows stays.
   */
  readonly held: number;
  /** Messages of the tail that stay when a window is shown; also what to keep (`trimmed`) of a tail that is seen at its end. */
  readonly end: number;
  /** Changes put aside; beyond that, the pages on their way have to be read at a newer revision. */
  readonly aside: number;
}

export const LIMITS: Limits = { held: 10_000, end: 1_000, aside: 1_000 };

export type TimelineEvent =
  | { type: 'history'; history: History }
  | { type: 'changed'; change: Change }
  /** A change of the room itself, which is kept elsewhere. */
  | { type: 'passed'; rev: number }
  /** `before` and `after` only at the ends of what is held (`olderPlace`, `newerPlace`); an `around` takes the place of another. */
  | { type: 'pageAsked'; place: Place }
  | { type: 'pageCame'; place: Place; page: HistoryPage }
  | { type: 'pageFailed'; place: Place; problem: Problem }
  /** Leaves the window, and the jump that is on its way. */
  | { type: 'toEnd' }
  /** Forgets all of the tail but its newest `keep`: nobody looks at the others. */
  | { type: 'trimmed'; keep: number }
  | { type: 'written'; pending: Pending }
  /** Unsent messages of an earlier visit: they come before what has been written since. */
  | { type: 'restored'; pending: readonly Pending[] }
  | { type: 'acknowledged'; clientId: string; message: Message }
  | { type: 'refused'; clientId: string; problem: Problem }
  | { type: 'retried'; clientId: string }
  | { type: 'discarded'; clientId: string };

export function emptyTimeline(me: Author, roomId: string, limits: Limits = LIMITS): Timeline {
  return {
    roomId,
    me,
    rev: null,
    tail: span([], false),
    window: null,
    epoch: 0,
    pages: [],
    aside: [],
    pending: [],
    gap: false,
    limits,
  };
}

/** The same object where the event says nothing new. */
export function timelineReducer(timeline: Timeline, event: TimelineEvent): Timeline {
  const next = moved(timeline, event);
  return next === timeline ? timeline : settle(pruned(next));
}

function moved(timeline: Timeline, event: TimelineEvent): Timeline {
  switch (event.type) {
    case 'history':
      return withHistory(timeline, event.history);
    case 'changed':
      return step(timeline, event.change.rev, (next) => put(next, event.change));
    case 'passed':
      return step(timeline, event.rev, (next) => next);
    case 'pageAsked':
      return asked(timeline, event.place);
    case 'pageCame':
      return came(timeline, event.place, event.page);
    case 'pageFailed':
      return failed(timeline, event.place, event.problem);
    case 'toEnd':
      return withoutWindow(timeline);
    case 'trimmed':
      return withoutOldest(timeline, event.keep);
    case 'written':
      return withWritten(timeline, event.pending);
    case 'restored':
      return withRestored(timeline, event.pending);
    case 'acknowledged':
      // The list takes a message only from its own event, at its own revision: until then the pending item stands for it.
      return amendPending(timeline, event.clientId, { state: 'sent', seq: event.message.seq });
    case 'refused':
      return amendPending(timeline, event.clientId, { state: 'failed', problem: event.problem });
    case 'retried':
      return amendPending(timeline, event.clientId, { state: 'waiting' });
    case 'discarded':
      return withPending(timeline, ({ clientId }) => clientId !== event.clientId);
  }
}

function withHistory(timeline: Timeline, { rev, mode, messages, hasMore }: History): Timeline {
  if (mode !== 'delta') return replaced(timeline, rev, messages, hasMore);
  if (timeline.rev === null || rev < timeline.rev) return timeline;
  return messages.reduce(put, { ...timeline, rev, gap: false });
}

function step(timeline: Timeline, rev: number, apply: (next: Timeline) => Timeline): Timeline {
  if (timeline.rev === null || rev <= timeline.rev) return timeline;
  if (rev > timeline.rev + 1) return timeline.gap ? timeline : { ...timeline, gap: true };
  return apply({ ...timeline, rev });
}

/** The `seq` of the newest message, 0 when there is none. */
export const lastSeq = endOf;

/** What a reader who goes up asks for; `null` where there is nothing, or it is on its way. */
export function olderPlace(timeline: Timeline): Place | null {
  const { messages, hasOlder } = shownSpan(timeline);
  const first = messages[0];
  if (!first || !hasOlder || olderState(timeline) === 'loading') return null;
  return { before: first.seq };
}

/** What a reader of the past who goes down asks for; `null` where the end is shown, or it is on its way. */
export function newerPlace(timeline: Timeline): Place | null {
  const last = timeline.window?.messages.at(-1);
  return last && newerState(timeline) !== 'loading' ? { after: last.seq } : null;
}

export type PageStanding = 'idle' | 'loading' | 'failed';

export function olderState(timeline: Timeline): PageStanding {
  const first = shownSpan(timeline).messages[0]?.seq;
  return standing(timeline.pages.find(({ place }) => 'before' in place && place.before === first));
}

export function newerState(timeline: Timeline): PageStanding {
  const last = timeline.window?.messages.at(-1)?.seq;
  return standing(timeline.pages.find(({ place }) => 'after' in place && place.after === last));
}

function standing(page: PageState | undefined): PageStanding {
  if (!page) return 'idle';
  return page.problem ? 'failed' : 'loading';
}

/** A message that is held, shown or not. */
export function held(timeline: Timeline, messageId: string): Message | undefined {
  const is = ({ id }: Message) => id === messageId;
  return timeline.tail.messages.findLast(is) ?? timeline.window?.messages.findLast(is);
}

/**
 * Where a message is, by its `seq` or id: in the list that is shown; in the tail while a window is shown (`toEnd` shows it); or
 * `null`: not held (an `around` page brings it).
 */
export function whereIs(
  timeline: Timeline,
  message: number | string,
): { seq: number; in: 'shown' | 'tail' } | null {
  const is = ({ id, seq }: Message) => id === message || seq === message;
  const shown = shownSpan(timeline).messages.findLast(is);
  if (shown) return { seq: shown.seq, in: 'shown' };
  const below = timeline.tail.messages.findLast(is);
  return below ? { seq: below.seq, in: 'tail' } : null;
}

export type { Pending } from './pending.js';
export type { Span } from './span.js';
