// What this browser remembers of a user's rooms: places read and rooms closed for good, and, for one tab, what is not sent yet.
import type { Pending } from './room-state';
import { recall, remember } from './storage';

export interface Places {
  /** The newest `seq` seen, by room. */
  read: Record<string, number>;
  /** Rooms that the user has left: not joined again on their own. */
  closed: string[];
}

export function recallPlaces(userId: string): Places {
  return recall<Places>('localStorage', `places.${userId}`) ?? { read: {}, closed: [] };
}

export function rememberPlaces(userId: string, places: Places): void {
  remember('localStorage', `places.${userId}`, places);
}

export function recallTab(userId: string): { waiting: Record<string, readonly Pending[]> } {
  return { waiting: recall<Record<string, Pending[]>>('sessionStorage', `waiting.${userId}`) ?? {} };
}

export function rememberTab(userId: string, waiting: Record<string, readonly Pending[]>): void {
  remember('sessionStorage', `waiting.${userId}`, waiting);
}

export function recallDraft(userId: string, roomId: string): string {
  return recall<string>('sessionStorage', `draft.${userId}.${roomId}`) ?? '';
}

export function rememberDraft(userId: string, roomId: string, text: string): void {
  remember('sessionStorage', `draft.${userId}.${roomId}`, text);
}
