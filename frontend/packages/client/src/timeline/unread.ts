// What of a room the user has not read, by what is held of it.
import { endOf } from './lists.js';
import type { Timeline } from './timeline.js';

/** `whole`: the tail reaches back to what was read; where it does not, there may be more mentions than these. */
export function unreadIn(
  timeline: Timeline,
  lastReadSeq: number,
): { count: number; mentions: number; whole: boolean } {
  const { tail, me } = timeline;
  const { messages, hasOlder } = tail;
  const mentions = messages.filter((each) => each.seq > lastReadSeq && each.mentions.includes(me.id)).length;
  const whole = !hasOlder || (messages[0]?.seq ?? 0) <= lastReadSeq + 1;
  return { count: Math.max(0, endOf(timeline) - lastReadSeq), mentions, whole };
}
