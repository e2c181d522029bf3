// The rows that a room's messages are read as: days, groups by author, and where the unread begins.
import type { MessageItem } from '@belfry/client';

export interface MessageRow {
  readonly kind: 'message';
  readonly key: string;
  readonly message: MessageItem;
  /** It is the first of its day: the day stands above it. */
  readonly day: boolean;
  /** The first of a group: it carries the author and the time. */
  readonly leads: boolean;
  /** The first unread one. */
  readonly unread: boolean;
}

/** `beginning`: what stands above the first message of all. */
export type Row = MessageRow | { readonly kind: 'beginning'; readonly key: 'beginning' };

const BEGINNING: Row = { kind: 'beginning', key: 'beginning' };
const GROUP_MS = 5 * 60_000;

/**
 * What is above a message decides how it looks, and a row that is shown must not change when older ones come: so while there are older
 * ones, the first message that is known is only looked at. `unreadAfter`: the last `seq` that had been read, `null` for no mark.
 */
export function rowsOf(
  messages: readonly MessageItem[],
  hasOlder: boolean,
  unreadAfter: number | null,
): readonly Row[] {
  const rows: Row[] = hasOlder ? [] : [BEGINNING];
  const first = hasOlder && messages.length > 1 ? 1 : 0;
  for (let index = first; index < messages.length; index += 1) {
    const message = messages[index];
    if (!message) continue;
    const before = messages[index - 1];
    const day = !before || timeOf(before).day !== timeOf(message).day;
    rows.push({
      kind: 'message',
      key: message.key,
      message,
      day,
      leads: day || !before || !continues(before, message),
      unread: unreadAfter !== null && message.seq === unreadAfter + 1,
    });
  }
  return rows;
}

function continues(before: MessageItem, message: MessageItem): boolean {
  return (
    before.userId === message.userId &&
    before.type !== 'system' &&
    message.type !== 'system' &&
    message.replyTo === undefined &&
    timeOf(message).at - timeOf(before).at < GROUP_MS
  );
}

interface Time {
  at: number;
  /** The day on the reader's calendar. */
  day: string;
}

const times = new WeakMap<MessageItem, Time>();

/** Rows are made anew with each change of the list, of which few messages have changed. */
function timeOf(message: MessageItem): Time {
  const known = times.get(message);
  if (known) return known;
  const date = new Date(message.timestamp);
  const time = { at: date.getTime(), day: date.toDateString() };
  times.set(message, time);
  return time;
}
