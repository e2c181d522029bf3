// Times as the reader's language writes them.

const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dayAndYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });

export function clockTime(timestamp: string): string {
  return clock.format(new Date(timestamp));
}

export function fullTime(timestamp: string): string {
  return full.format(new Date(timestamp));
}

export function dayName(timestamp: string, now = new Date()): string {
  const date = new Date(timestamp);
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (date.toDateString() === now.toDateString()) return 'Today';
  if (date.toDateString() === yesterday.toDateString()) return 'Yesterday';
  return (date.getFullYear() === now.getFullYear() ? day : dayAndYear).format(date);
}
