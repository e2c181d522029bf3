// What this page holds of a room's history: one ordered list without gaps, moved from revision to revision by the
// server's events. A state that followed the events equals one that was loaded afresh; what cannot be followed sets `gap`.

import type { History, HistoryPage, Message } from '../wire.js';
import { amended, arrived, type Change, isMessage } from './message-change.js';

/** An own message that is not in the list yet. */
export interface Pending {
  clientId: string;
  content: string;
  /** The message that it answers. */
  replyTo?: string;
  /** When it was written, by this machine's clock (RFC 3339). */
  writtenAt: string;
  /** `sent`: acknowledged, its own event still to come. */
  state: 'waiting' | 'sent' | 'failed';
  /** Its place in the room, once acknowledged. */
  seq?: number;
  problem?: string;
}

export interface RoomState {
  me: string;
  /** The revision up to which everything is in here; `null` before the first history. */
  rev: number | null;
  /** Ascending `seq`, each one following the one before. */
  messages: readonly Message[];
  hasOlder: boolean;
  older: 'idle' | 'loading' | 'failed';
  /** Changes of messages older than the list, kept while a page of those is on its way. */
  aside: readonly Change[];
  /** In the order written, shown below the list. */
  pending: readonly Pending[];
  /** Something was missed: join again. */
  gap: boolean;
}

export type RoomEvent =
  | { type: 'history'; history: History }
  | { type: 'changed'; change: Change }
  /** A change of the room itself, which is kept elsewhere. */
  | { type: 'passed'; rev: number }
  | { type: 'olderAsked' }
  | { type: 'olderCame'; before: number; page: HistoryPage }
  | { type: 'olderFailed' }
  | { type: 'written'; pending: Pending }
  | { type: 'acknowledged'; clientId: string; message: Message }
  | { type: 'refused'; clientId: string; problem: string }
  | { type: 'retried'; clientId: string }
  | { type: 'discarded'; clientId: string };

export function emptyRoom(me: string): RoomState {
  return {
    me,
    rev: null,
    messages: [],
    hasOlder: false,
    older: 'idle',
    aside: [],
    pending: [],
    gap: false,
  };
}

export function roomReducer(state: RoomState, event: RoomEvent): RoomState {
  switch (event.type) {
    case 'history':
      return settle(withHistory(state, event.history));
    case 'changed':
      return settle(step(state, event.change.rev, (next) => place(next, event.change)));
    case 'passed':
      return step(state, event.rev, (next) => next);
    case 'olderAsked':
      return { ...state, older: 'loading', aside: [] };
    case 'olderCame':
      return withOlder(state, event.before, event.page);
    case 'olderFailed':
      return { ...state, older: 'failed', aside: [] };
    case 'written':
      return { ...state, pending: [...state.pending, event.pending] };
    case 'acknowledged':
      // The list takes a message only from its own event, at its own revision: until then the pending row stands for it.
      return settle(amendPending(state, event.clientId, { state: 'sent', seq: event.message.seq }));
    case 'refused':
      return amendPending(state, event.clientId, { state: 'failed', problem: event.problem });
    case 'retried':
      return amendPending(state, event.clientId, { state: 'waiting' });
    case 'discarded':
      return { ...state, pending: state.pending.filter((each) => each.clientId !== event.clientId) };
  }
}

/** The `seq` of the newest message held, 0 when there is none. */
export function lastSeq(state: RoomState): number {
  return state.messages.at(-1)?.seq ?? 0;
}

function withHistory(state: RoomState, history: History): RoomState {
  const { rev, mode, messages, hasMore } = history;
  if (mode !== 'delta') {
    const list = messages.map((each) => arrived(each));
    return { ...state, rev, messages: list, hasOlder: hasMore, older: 'idle', aside: [], gap: false };
  }
  if (state.rev === null || rev < state.rev) return state;
  return messages.reduce(place, { ...state, rev, gap: false });
}

function withOlder(state: RoomState, before: number, page: HistoryPage): RoomState {
  const { aside } = state;
  const idle: RoomState = { ...state, older: 'idle', aside: [] };
  // A reset may have put another list in the place of the one that this page belongs to.
  if (state.older !== 'loading' || state.messages[0]?.seq !== before) return idle;
  const newest = page.messages.at(-1);
  if (!newest) return { ...idle, hasOlder: false };
  if (newest.seq !== before - 1) return { ...idle, older: 'failed' };
  const earlier = page.messages.map((each) => arrived(each));
  const longer = { ...idle, messages: [...earlier, ...state.messages], hasOlder: page.hasMore };
  return aside.reduce(place, longer);
}

function step(state: RoomState, rev: number, apply: (state: RoomState) => RoomState): RoomState {
  if (state.rev === null || rev <= state.rev) return state;
  if (rev > state.rev + 1) return { ...state, gap: true };
  return apply({ ...state, rev });
}

/** Puts a change where it belongs; a message's own `rev` decides whether it is news. */
function place(state: RoomState, change: Change): RoomState {
  const { messages } = state;
  const index = indexOf(messages, change);
  if (index < 0) {
    return state.older === 'loading' ? { ...state, aside: [...state.aside, change] } : state;
  }
  const known = messages[index];
  if (known) {
    return change.rev > known.rev
      ? { ...state, messages: messages.with(index, amended(known, change, state.me)) }
      : state;
  }
  if (index > messages.length || !isMessage(change)) return { ...state, rev: null, gap: true };
  return { ...state, messages: [...messages, arrived(change)] };
}

/** Below 0: older than the list. Claps and reactions name no place, so one of theirs is looked for. */
function indexOf(messages: readonly Message[], change: Change): number {
  if (!('seq' in change)) return messages.findLastIndex(({ id }) => id === change.id);
  return change.seq - (messages[0]?.seq ?? change.seq);
}

/** Takes away the pending rows whose message is in the list, or has its place before the end of it. */
function settle(state: RoomState): RoomState {
  if (state.pending.length === 0) return state;
  const own = new Set(state.messages.filter((each) => each.userId === state.me).map((each) => each.clientId));
  const end = lastSeq(state);
  const pending = state.pending.filter(
    ({ clientId, seq }) => !own.has(clientId) && (seq === undefined || seq > end),
  );
  return pending.length === state.pending.length ? state : { ...state, pending };
}

function amendPending(state: RoomState, clientId: string, patch: Partial<Pending>): RoomState {
  return {
    ...state,
    pending: state.pending.map(({ problem: _, ...each }) =>
      each.clientId === clientId ? { ...each, ...patch } : each,
    ),
  };
}
