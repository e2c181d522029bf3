// A run of a room's messages, each `seq` one more than the one before.
import type { Message } from '../wire.js';
import type { Change } from './message-change.js';

export interface Span {
  readonly messages: readonly Message[];
  /** Whether the room has messages before the first. */
  readonly hasOlder: boolean;
}

export function span(messages: readonly Message[], hasOlder: boolean): Span {
  return { messages, hasOlder };
}

export function isRun(messages: readonly Message[]): boolean {
  const first = messages[0]?.seq ?? 0;
  return messages.every(({ seq }, index) => seq === first + index);
}

/** Whether the two are one list when put together: they overlap, or one goes on where the other ends. */
export function touch(one: Span, other: Span): boolean {
  const [oneFirst, oneLast] = ends(one);
  const [otherFirst, otherLast] = ends(other);
  return oneFirst <= otherLast + 1 && otherFirst <= oneLast + 1;
}

/** Two that touch as one; of a message that is in both, the newer state, and the first one's object where that is the same. */
export function united(one: Span, other: Span): Span {
  const [oneFirst, oneLast] = ends(one);
  const [otherFirst, otherLast] = ends(other);
  const messages: Message[] = [];
  for (let seq = Math.min(oneFirst, otherFirst); seq <= Math.max(oneLast, otherLast); seq += 1) {
    const mine = one.messages[seq - oneFirst];
    const theirs = other.messages[seq - otherFirst];
    const better = mine && theirs ? (theirs.rev > mine.rev ? theirs : mine) : (mine ?? theirs);
    if (better) messages.push(better);
  }
  return span(messages, otherFirst < oneFirst ? other.hasOlder : one.hasOlder);
}

/** Where in the list the changed message is, -1 where it is not in it. Claps and reactions name no place: theirs is looked for. */
export function indexIn({ messages }: Span, change: Change): number {
  if (!('seq' in change)) return messages.findLastIndex(({ id }) => id === change.id);
  const index = change.seq - (messages[0]?.seq ?? 0);
  return index < messages.length ? Math.max(-1, index) : -1;
}

function ends({ messages }: Span): [number, number] {
  return [messages[0]?.seq ?? Number.POSITIVE_INFINITY, messages.at(-1)?.seq ?? Number.NEGATIVE_INFINITY];
}
