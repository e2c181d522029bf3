// What people, their roles and rooms are called, and in which order people stand.
import type { Member, Person, Role, RoomState, Status, User } from '@belfry/client';

export const ROLE_WORD: Record<Role, string> = { owner: 'Owner', moderator: 'Moderator', member: 'Member' };

const BY_STATUS: Record<Status, number> = { online: 0, busy: 1, away: 2, offline: 3 };
const BY_ROLE: Record<Role, number> = { owner: 0, moderator: 1, member: 2 };
const counting = new Intl.NumberFormat('en');

export function nameOf({ username, displayName }: Pick<User, 'username' | 'displayName'>): string {
  return displayName || username;
}

/** In a direct room the other's name; before anything is known, the id. */
export function roomTitle({ info, partner }: Pick<RoomState, 'info' | 'partner'>, id: string): string {
  if (info?.visibility === 'direct' && partner) return nameOf(partner);
  return info?.name || id;
}

/** "1,234". */
export function counted(count: number): string {
  return counting.format(count);
}

export function byStatusAndName(a: Person, b: Person): number {
  return BY_STATUS[a.status] - BY_STATUS[b.status] || nameOf(a).localeCompare(nameOf(b));
}

export function byRoleAndName(a: Member, b: Member): number {
  return BY_ROLE[a.role] - BY_ROLE[b.role] || nameOf(a.user).localeCompare(nameOf(b.user));
}

/** Whether somebody is meant by what was typed: a part of the name they show, or of the one they signed up with. */
export function isCalled({ username, displayName }: Pick<User, 'username' | 'displayName'>, wish: string) {
  const part = wish.trim().toLowerCase();
  return [username, displayName ?? ''].some((name) => name.toLowerCase().includes(part));
}
