// Times as a reader takes them in. They are the server's, and this machine's clock may be wrong: what would lie ahead is now.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const shortDay = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const shortDayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
// Within English sentences, whatever the reader's language is.
const ago = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** "14:05", as the reader's region writes it. */
export function clockTime(timestamp: string): string {
  return written(clock, timestamp);
}

/** The day and the time in full. */
export function fullTime(timestamp: string): string {
  return written(full, timestamp);
}

/** The line above a day's messages: "Today", "Yesterday", or the day. */
export function dayName(timestamp: string, now = new Date()): string {
  const date = new Date(timestamp);
  return (
    nearDay(date, now) ?? written(date.getFullYear() === now.getFullYear() ? day : dayAndYear, timestamp)
  );
}

/** For lists: the time of something of today, else the day. */
export function shortTime(timestamp: string, now = new Date()): string {
  const date = new Date(timestamp);
  const near = nearDay(date, now);
  if (near === 'Today') return clockTime(timestamp);
  return near ?? written(date.getFullYear() === now.getFullYear() ? shortDay : shortDayAndYear, timestamp);
}

/** How long ago: "just now", "5 minutes ago", "3 hours ago", then the day. Never "in 23 hours". */
export function sinceTime(timestamp: string, now = new Date()): string {
  const past = Math.max(0, now.getTime() - new Date(timestamp).getTime());
  if (past < MINUTE_MS) return 'just now';
  if (past < HOUR_MS) return ago.format(-Math.floor(past / MINUTE_MS), 'minute');
  if (past < 12 * HOUR_MS) return ago.format(-Math.floor(past / HOUR_MS), 'hour');
  const near = nearDay(new Date(timestamp), now);
  if (near) return `${near.toLowerCase()} at ${clockTime(timestamp)}`;
  return Number.isNaN(past) ? '' : `on ${shortTime(timestamp, now)}`;
}

/** Whether both are of one day where the reader is. */
export function isSameDay(a: string, b: string): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

function nearDay(date: Date, now: Date): 'Today' | 'Yesterday' | null {
  if (date.toDateString() === now.toDateString()) return 'Today';
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  return date.toDateString() === yesterday.toDateString() ? 'Yesterday' : null;
}

/** Nothing for what is no time: a format would throw, and take the page with it. */
function written(format: Intl.DateTimeFormat, timestamp: string): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? '' : format.format(date);
}
