// What a room's own fields come to: told by lists, joins and events that do not all know the same.
import type { RoomSummary, UnreadState } from './contract.js';
import { unlessAlike } from './derived.js';
import { lastSeq, type Timeline } from './timeline/timeline.js';
import { unreadIn } from './timeline/unread.js';
import type { RoomInfo, User } from './wire.js';

/** What is the user's own. */
const STANDING = ['role', 'unread', 'unreadMentions', 'lastReadSeq'] as const;

/** A room as it was told anew: its newer state, with what is the user's own from whoever says it. The same object where nothing changed. */
export function retold(known: RoomInfo | null, told: RoomInfo): RoomInfo {
  if (!known) return told;
  const newer = told.rev >= known.rev ? told : known;
  const next: RoomInfo = {
    ...withoutStanding(newer),
    lastSeq: Math.max(known.lastSeq, told.lastSeq),
    memberCount: told.memberCount,
  };
  for (const name of STANDING) {
    const value = told[name] ?? known[name];
    if (value !== undefined) Object.assign(next, { [name]: value });
  }
  return unlessAlike(known, next);
}

/** The room without the user's standing in it. */
export function withoutStanding(info: RoomInfo): RoomInfo {
  const rest = { ...info };
  for (const name of STANDING) delete rest[name];
  return rest;
}

/** What is after the place read, by what is held and by what the server said. */
export function unreadOf(info: RoomInfo | null, readSeq: number | null, timeline: Timeline): UnreadState {
  if (!info?.role) return { count: 0, mentions: 0, lastReadSeq: readSeq };
  const read = Math.max(readSeq ?? 0, info.lastReadSeq ?? 0);
  const end = lastSeq(timeline);
  const count = Math.max(0, Math.max(end, info.lastSeq) - read);
  if (count === 0) return { count, mentions: 0, lastReadSeq: read };
  const held = unreadIn(timeline, read);
  const known = held.whole && timeline.rev !== null && end >= info.lastSeq;
  // What came since is not in the server's number.
  const since = unreadIn(timeline, read + (info.unread ?? 0)).mentions;
  const said = info.lastReadSeq === read ? (info.unreadMentions ?? 0) + since : 0;
  return { count, mentions: known ? held.mentions : Math.max(held.mentions, said), lastReadSeq: read };
}

/** A direct room has no name of its own: it is called after the other one, or by its names without the user's. */
export function titleOf(info: RoomInfo, partner: User | null, me: User | null): RoomSummary['title'] {
  if (info.visibility !== 'direct') return info.name;
  if (partner) return partner.displayName ?? partner.username;
  const names = info.name.split(', ');
  const others = names.filter((name) => name !== me?.username);
  return others.length === 1 && others[0] ? others[0] : info.name;
}
