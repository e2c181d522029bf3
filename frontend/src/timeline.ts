// The rows that a room's history is read as: days, a mark where the unread begins, and messages grouped by author.
import { type Acts, type MessageActs, overlaid } from './acts';
import type { Pending, RoomState } from './room-state';
import type { Message } from './wire';

export interface MessageRow {
  type: 'message';
  /** The same before and after an own message is acknowledged, so that its row stays where it is. */
  key: string;
  userId: string;
  username: string;
  timestamp: string;
  /** With what the user has just done to it. */
  message: Message | null;
  acts: MessageActs | null;
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
export function timeline(history: RoomState, acts: Acts, myName: string, unreadAfter: number | null): Row[] {
  const rows: Row[] = [];
  let before: MessageRow | null = null;
  for (const row of messageRows(history, acts, myName)) {
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

function* messageRows(
  { messages, pending, me }: RoomState,
  acts: Acts,
  myName: string,
): Generator<MessageRow> {
  for (const known of messages) {
    const { userId, username, timestamp, clientId } = known;
    const done = acts[known.id] ?? null;
    const message = done ? overlaid(known, done) : known;
    const key = userId === me && clientId ? clientId : known.id;
    const own = { message, acts: done, pending: null, leads: false };
    yield { type: 'message', key, userId, username, timestamp, ...own };
  }
  for (const each of pending) {
    yield {
      type: 'message',
      key: each.clientId,
      userId: me,
      username: myName,
      timestamp: each.writtenAt,
      message: null,
      acts: null,
      pending: each,
      leads: false,
    };
  }
}

function continues(before: MessageRow, row: MessageRow): boolean {
  const apart = Date.parse(row.timestamp) - Date.parse(before.timestamp);
  const answers = row.message?.replyTo ?? row.pending?.replyTo;
  return (
    before.userId === row.userId &&
    apart < GROUP_MS &&
    row.message?.type !== 'system' &&
    answers === undefined
  );
}

/** The day on the reader's calendar. */
function dayOf(timestamp: string): string {
  return new Date(timestamp).toDateString();
}
