// What a room is called.
import type { RoomState } from '@belfry/client';

/** In a direct room the other's name; before anything is known, the id. */
export function roomTitle({ info, partner }: Pick<RoomState, 'info' | 'partner'>, id: string): string {
  if (info?.visibility === 'direct' && partner) return partner.displayName || partner.username;
  return info?.name || id;
}
