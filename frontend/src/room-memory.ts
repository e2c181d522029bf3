// What this browser remembers of a user's rooms for one tab: what is not sent yet, and what is being written.
import type { Pending } from './room-state';
import { recall, remember } from './storage';

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
