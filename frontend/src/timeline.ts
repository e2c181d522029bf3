// The rows that a room's history is read as: days, a mark where the unread begins, and messages grouped by author.
import type { Pending, RoomState } from './room-state';
import type { Message } from './wire';

export interface MessageRow {
  type: 'message';
  /** The same before and after an own message is acknowledged, so that its row stays where it is. */
  key: string;
  userId: string;
  username: string;
  timestamp: string;
  message: Message | null;
  pending: Pending | null;
  /** The first of a group: it carries the author and the time. */
  leads: boolean;
}

export type Row =
  | MessageRow
  | { type: 'day'; key: string; timestamp: string }
  | { type: 'unread'; key: string };

const GROUP_MS = 5 * 60_000;

/** `unreadAfter`: the last `seq` that had been read when the room was opened, `null` for no mark. */
export function timeline(history: RoomState, myName: string, unreadAfter: number | null): Row[] {
  const rows: Row[] = [];
  let before: MessageRow | null = null;
  for (const row of messageRows(history, myName)) {
    const newDay = !before || dayOf(before.timestamp) !== dayOf(row.timestamp);
    if (newDay) rows.push({ type: 'day', key: `day-${row.key}`, timestamp: row.timestamp });
    const unreadBegins = unreadAfter !== null && row.message?.seq === unreadAfter + 1;
    if (unreadBegins) rows.push({ type: 'unread', key: 'unread' });
    row.leads = newDay || unreadBegins || !before || !continues(before, row);
    rows.push(row);
    before = row;
  }
  return rows;
}

function* messageRows({ messages, pending, me }: RoomState, myName: string): Generator<MessageRow> {
  for (const message of messages) {
    const { userId, username, timestamp, clientId } = message;
    const key = userId === me && clientId ? clientId : message.id;
    yield { type: 'message', key, userId, username, timestamp, message, pending: null, leads: false };
  }
  for (const each of pending) {
    yield {
      type: 'message',
      key: each.clientId,
      userId: me,
      username: myName,
      timestamp: each.writtenAt,
      message: null,
      pending: each,
      leads: false,
    };
  }
}

function continues(before: MessageRow, row: MessageRow): boolean {
  const apart = Date.parse(row.timestamp) - Date.parse(before.timestamp);
  return before.userId === row.userId && apart < GROUP_MS && row.message?.type !== 'system';
}

/** The day on the reader's calendar. */
function dayOf(timestamp: string): string {
  return new Date(timestamp).toDateString();
}
