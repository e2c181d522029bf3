// Where somebody stood in a room when they left it, and how high its rows were: kept for as long as the room's object is.
import type { Room } from '@belfry/client';

export interface Standing {
  /** The list that it was in. */
  epoch: number;
  /** The row at the upper edge, and how far it was above it; `null`: at the end. */
  row: { key: string; offset: number } | null;
  /** Row heights by key, true for this width only. */
  heights: ReadonlyMap<string, number>;
  width: number;
}

const standings = new WeakMap<Room, Standing>();

export function standingIn(room: Room): Standing | undefined {
  return standings.get(room);
}

export function rememberStanding(room: Room, standing: Standing) {
  standings.set(room, standing);
}
