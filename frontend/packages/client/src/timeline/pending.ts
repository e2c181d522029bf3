// Own messages that are not in the list yet, in the order written.
import { filtered, unlessAlike } from '../derived.js';
import type { Problem } from '../problem.js';
import { endOf } from './lists.js';
import type { Timeline } from './timeline.js';

export interface Pending {
  readonly clientId: string;
  readonly content: string;
  /** The message that it answers. */
  readonly replyTo?: string;
  /** When it was written, by this machine's clock (RFC 3339). */
  readonly writtenAt: string;
  /** `sent`: acknowledged, its own event still to come. */
  readonly state: 'waiting' | 'sent' | 'failed';
  /** Its place in the room, once acknowledged. */
  readonly seq?: number;
  /** Why it failed. */
  readonly problem?: Problem;
}

export function withWritten(timeline: Timeline, pending: Pending): Timeline {
  const is = ({ clientId }: Pending) => clientId === pending.clientId;
  return timeline.pending.some(is) ? timeline : { ...timeline, pending: [...timeline.pending, pending] };
}

export function withRestored(timeline: Timeline, restored: readonly Pending[]): Timeline {
  const known = new Set(timeline.pending.map(({ clientId }) => clientId));
  const earlier = restored.filter(({ clientId }) => !known.has(clientId) && known.add(clientId));
  return earlier.length === 0 ? timeline : { ...timeline, pending: [...earlier, ...timeline.pending] };
}

type Patch = Pick<Pending, 'state'> & Partial<Pick<Pending, 'seq' | 'problem'>>;

/** A message that the server has is not refused or sent again, whatever comes late. */
export function amendPending(timeline: Timeline, clientId: string, patch: Patch): Timeline {
  const index = timeline.pending.findIndex((each) => each.clientId === clientId);
  const known = timeline.pending[index];
  if (!known || known.state === 'sent') return timeline;
  const { problem: _, ...rest } = known;
  return { ...timeline, pending: timeline.pending.with(index, { ...rest, ...patch }) };
}

/** Takes away those whose message is in a list, or has its place before the end. */
export function settle(timeline: Timeline): Timeline {
  if (timeline.pending.length === 0) return timeline;
  const { tail, window, me } = timeline;
  const held = window ? [...tail.messages, ...window.messages] : tail.messages;
  const arrived = new Set(held.filter(({ userId }) => userId === me.id).map((each) => each.clientId));
  const end = endOf(timeline);
  return withPending(
    timeline,
    ({ clientId, seq }) => !arrived.has(clientId) && (seq === undefined || seq > end),
  );
}

/** Takes away all others. */
export function withPending(timeline: Timeline, stays: (pending: Pending) => boolean): Timeline {
  return unlessAlike(timeline, { ...timeline, pending: filtered(timeline.pending, stays) });
}
