// What the signed-in page knows, and the questions that its parts ask of it.

import type { Standing } from './connection.js';
import type { People } from './people.js';
import type { Loss } from './room-wire.js';
import type { Acts } from './timeline/acts.js';
import { lastSeq, type Pending, type RoomState } from './timeline/history.js';
import type { RoomInfo, User } from './wire.js';

export interface LiveRoom {
  id: string;
  info: RoomInfo | null;
  /** `listed`: a room of the user's that is not followed live. */
  phase: 'listed' | 'joining' | 'live' | 'refused';
  /** Whether the user was seen to be a member: such a room is not joined again once they are none. */
  wasLive: boolean;
  problem: string | null;
  /** Why a room that was open is closed now. */
  loss: Loss | null;
  history: RoomState;
  people: People;
  acts: Acts;
  /** Everything up to this `seq` has been seen; `null` until the room is known. */
  readSeq: number | null;
  /** In a direct room: the other one. */
  other: User | null;
}

export interface ChatState {
  standing: Standing;
  me: User;
  rooms: Readonly<Record<string, LiveRoom>>;
  active: string | null;
  problem: string | null;
  /** What a screen reader says next; the number makes two equal sentences two. */
  announcement: { count: number; text: string };
}

/** How many messages wait for the connection, over all rooms. */
export function waitingCount(state: ChatState): number {
  return Object.values(pendingOf(state))
    .flat()
    .filter((each) => each.state === 'waiting').length;
}

/** What the server has not acknowledged, by room. */
export function pendingOf(state: ChatState): Record<string, Pending[]> {
  return Object.fromEntries(
    Object.values(state.rooms)
      .map((room) => [room.id, room.history.pending.filter((each) => each.state !== 'sent')] as const)
      .filter(([, pending]) => pending.length > 0),
  );
}

export function unreadCount(room: LiveRoom): number {
  if (room.phase === 'refused') return 0;
  if (room.history.rev === null) return room.info?.unread ?? 0;
  return room.readSeq === null ? 0 : Math.max(0, lastSeq(room.history) - room.readSeq);
}

/** Whether something unread speaks to the user by name. */
export function namesMe(room: LiveRoom, me: string): boolean {
  if (unreadCount(room) === 0) return false;
  const { readSeq, info, history } = room;
  if (history.rev === null || readSeq === null) return (info?.unreadMentions ?? 0) > 0;
  return history.messages.some(({ seq, mentions }) => seq > readSeq && mentions.includes(me));
}

/** A room as it was told anew; what is the user's own, and is not in events, stays. */
export function retold(known: RoomInfo | null, room: RoomInfo): RoomInfo {
  const { role, unread, unreadMentions, lastReadSeq } = known ?? {};
  const own = Object.entries({ role, unread, unreadMentions, lastReadSeq });
  return { ...Object.fromEntries(own.filter(([, value]) => value !== undefined)), ...room };
}

export function isDirect(room: LiveRoom): boolean {
  return room.info?.visibility === 'direct';
}

export function roomName(room: LiveRoom): string {
  if (isDirect(room)) return room.other ? nameOf(room.other) : 'Direct message';
  return room.info?.name ?? room.id;
}

export function nameOf({ displayName, username }: User): string {
  return displayName ?? username;
}
