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
  let mentions = 0;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (!message || message.seq <= lastReadSeq) break;
    if (message.mentions.includes(me.id)) mentions += 1;
  }
  const whole = !hasOlder || (messages[0]?.seq ?? 0) <= lastReadSeq + 1;
  return { count: Math.max(0, endOf(timeline) - lastReadSeq), mentions, whole };
}
