// How long ago something was, as a part of an English sentence.

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const date = new Intl.DateTimeFormat('en', { dateStyle: 'long' });

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** "5 minutes ago", "yesterday"; after a week the day. What seems to come is now: a clock is wrong. */
export function ago(timestamp: string, now = Date.now()): string {
  const past = Math.max(0, now - Date.parse(timestamp));
  if (past < MINUTE_MS) return 'just now';
  if (past < HOUR_MS) return words.format(-Math.floor(past / MINUTE_MS), 'minute');
  if (past < DAY_MS) return words.format(-Math.floor(past / HOUR_MS), 'hour');
  if (past < 7 * DAY_MS) return words.format(-Math.floor(past / DAY_MS), 'day');
  return date.format(new Date(timestamp));
}
