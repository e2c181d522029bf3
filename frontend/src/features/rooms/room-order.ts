// In which order the rooms stand, and which one is next from here.
import type { RoomSummary } from '@belfry/client';

export interface Sections {
  readonly rooms: readonly RoomSummary[];
  readonly direct: readonly RoomSummary[];
}

/** Each keeps the order that it has: by name. */
export function sectionsOf(rooms: readonly RoomSummary[]): Sections {
  return {
    rooms: rooms.filter(({ visibility }) => visibility !== 'direct'),
    direct: rooms.filter(({ visibility }) => visibility === 'direct'),
  };
}

/** The one above (-1) or below (1), round the ends; from nowhere the first or the last. `null` where there is none. */
export function neighbour(
  rooms: readonly RoomSummary[],
  from: string | null,
  step: 1 | -1,
  fits: (room: RoomSummary) => boolean = () => true,
): RoomSummary | null {
  const { rooms: open, direct } = sectionsOf(rooms);
  const all = [...open, ...direct];
  const here = all.findIndex(({ id }) => id === from);
  const start = here >= 0 ? here : step === 1 ? -1 : all.length;
  for (let steps = 1; steps <= all.length; steps += 1) {
    const room = all[(start + step * steps + all.length * 2) % all.length];
    if (room && room.id !== from && fits(room)) return room;
  }
  return null;
}
