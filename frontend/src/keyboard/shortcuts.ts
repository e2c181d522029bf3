// All keys of the page, in one place: what `?` shows and what handlers are registered for.

export interface Shortcut {
  /** Each alone does it. `Mod` is Command on a Mac and Control elsewhere; a letter means the key, whatever is held with it. */
  readonly keys: readonly string[];
  /** What it does, as the map says it. */
  readonly says: string;
  readonly group: 'Anywhere' | 'Rooms' | 'In a room' | 'On a message' | 'While writing';
  /** Only where the focus is: the feature that has it looks for the key itself, with `pressed`. */
  readonly local?: true;
}

export const SHORTCUTS = {
  help: { keys: ['?', 'Mod+/'], says: 'Show all keys', group: 'Anywhere' },
  switch: { keys: ['Mod+K'], says: 'Go to a room or a person', group: 'Anywhere' },
  notifications: { keys: ['Alt+N'], says: 'Open the notifications', group: 'Anywhere' },
  settings: { keys: ['Mod+,'], says: 'Your profile and settings', group: 'Anywhere' },

  previousRoom: { keys: ['Alt+ArrowUp'], says: 'The room above', group: 'Rooms' },
  nextRoom: { keys: ['Alt+ArrowDown'], says: 'The room below', group: 'Rooms' },
  previousUnread: { keys: ['Alt+Shift+ArrowUp'], says: 'The unread room above', group: 'Rooms' },
  nextUnread: { keys: ['Alt+Shift+ArrowDown'], says: 'The unread room below', group: 'Rooms' },

  markRead: { keys: ['Escape'], says: 'Close what is open, or mark the room as read', group: 'In a room' },
  people: { keys: ['Alt+P'], says: 'Show or hide the people', group: 'In a room' },
  jumpUnread: { keys: ['Alt+Home'], says: 'Go to the first unread message', group: 'In a room' },
  jumpLatest: { keys: ['Alt+End'], says: 'Go to the newest message', group: 'In a room' },
  readMessages: { keys: ['Alt+M'], says: 'Go from the field to the messages', group: 'In a room' },
  write: { keys: ['Alt+W'], says: 'Go to the field to write in', group: 'In a room' },

  messageMove: {
    keys: ['ArrowUp', 'ArrowDown'],
    says: 'To another message',
    group: 'On a message',
    local: true,
  },
  messageReply: { keys: ['R'], says: 'Reply', group: 'On a message', local: true },
  messageEdit: { keys: ['E'], says: 'Edit', group: 'On a message', local: true },
  messageClap: { keys: ['C'], says: 'Clap', group: 'On a message', local: true },
  messageReact: { keys: ['+'], says: 'React', group: 'On a message', local: true },
  messageLink: { keys: ['L'], says: 'Copy its link', group: 'On a message', local: true },
  messageDelete: { keys: ['Delete', 'Backspace'], says: 'Delete', group: 'On a message', local: true },

  send: { keys: ['Enter'], says: 'Send', group: 'While writing', local: true },
  newLine: { keys: ['Shift+Enter'], says: 'Another line', group: 'While writing', local: true },
  editLast: {
    keys: ['ArrowUp'],
    says: 'Edit your last message, in an empty field',
    group: 'While writing',
    local: true,
  },
  bold: { keys: ['Mod+B'], says: 'Bold', group: 'While writing', local: true },
  italic: { keys: ['Mod+I'], says: 'Italic', group: 'While writing', local: true },
  code: { keys: ['Mod+E'], says: 'Code', group: 'While writing', local: true },
  mention: { keys: ['@'], says: 'Mention somebody', group: 'While writing', local: true },
  emoji: { keys: [':'], says: 'An emoji by its name', group: 'While writing', local: true },
} as const satisfies Record<string, Shortcut>;

export type ShortcutName = keyof typeof SHORTCUTS;

type Press = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Whether this press is one of the shortcut's. */
export function pressed(name: ShortcutName, event: Press): boolean {
  return SHORTCUTS[name].keys.some((keys) => matches(keys, event));
}

/** The first of its keys as people write them: `⌘ K`, `Ctrl K`. */
export function keysOf(name: ShortcutName): string {
  return written(SHORTCUTS[name].keys[0]);
}

export function allKeysOf(name: ShortcutName): string[] {
  return SHORTCUTS[name].keys.map(written);
}

/** A letter or sign by itself: what somebody who writes with their voice may press without meaning it. */
export function isSingleKey(keys: string): boolean {
  return [...keys].length === 1;
}

export function onMac(): boolean {
  return typeof navigator !== 'undefined' && /Mac|iP(hone|ad)/.test(navigator.platform);
}

export function matches(keys: string, event: Press): boolean {
  const parts = keys === '+' ? ['+'] : keys.split('+');
  const key = parts.at(-1) ?? '';
  const wants = (held: string) => parts.slice(0, -1).includes(held);
  const mod = onMac() ? event.metaKey : event.ctrlKey;
  const other = onMac() ? event.ctrlKey : event.metaKey;
  if (other || mod !== wants('Mod') || event.altKey !== wants('Alt')) return false;
  const letter = /^[A-Z]$/.test(key);
  // A sign may need Shift on one keyboard and not on another.
  const sign = !letter && [...key].length === 1;
  if (!sign && event.shiftKey !== wants('Shift')) return false;
  if (!letter || event.key.toUpperCase() === key) return event.key === key || letter;
  // With Alt, and where other letters are written, its place tells more; else a Latin keyboard may just have it elsewhere.
  const byPlace = event.altKey || !/^\p{Script=Latin}$/u.test(event.key);
  return byPlace && event.code === `Key${key}`;
}

const NAMES: Record<string, [mac: string, other: string]> = {
  Mod: ['⌘', 'Ctrl'],
  Alt: ['⌥', 'Alt'],
  Shift: ['⇧', 'Shift'],
  ArrowUp: ['↑', '↑'],
  ArrowDown: ['↓', '↓'],
  Escape: ['Esc', 'Esc'],
};

function written(keys: string): string {
  const parts = keys === '+' ? ['+'] : keys.split('+');
  return parts.map((part) => NAMES[part]?.[onMac() ? 0 : 1] ?? part).join(' ');
}
