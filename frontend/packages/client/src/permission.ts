// What the page offers to whom. The server judges each time anyway: this only keeps away what it would refuse.
import type { Message, Role, RoomInfo } from './wire.js';

const RANK: Record<Role, number> = { member: 1, moderator: 2, owner: 3 };

function rank(role: Role | undefined): number {
  return role ? RANK[role] : 0;
}

/** A message, or an item of a list. */
type Theirs = Pick<Message, 'userId' | 'type' | 'deletedAt'>;
type Standing = Pick<RoomInfo, 'role' | 'visibility'> | null;

export function mayEdit(message: Theirs, room: Standing, me: string): boolean {
  return message.userId === me && message.type === 'text' && !message.deletedAt && rank(room?.role) > 0;
}

export function mayDelete(message: Theirs, room: Standing, me: string): boolean {
  if (message.deletedAt) return false;
  return rank(room?.role) >= (message.userId === me ? RANK.member : RANK.moderator);
}

/** Name and topic, and who comes in. */
export function mayManage(room: Standing): boolean {
  return room?.visibility !== 'direct' && rank(room?.role) >= RANK.moderator;
}

/** Visibility, roles, and the end of the room. */
export function mayOwn(room: Standing): boolean {
  return room?.visibility !== 'direct' && room?.role === 'owner';
}

export function mayLeave(room: Standing): boolean {
  return room?.visibility !== 'direct' && rank(room?.role) > 0;
}

/** Owners anybody, moderators those below them. */
export function mayRemove(room: Standing, member: Role): boolean {
  return mayManage(room) && (room?.role === 'owner' || rank(member) < rank(room?.role));
}
