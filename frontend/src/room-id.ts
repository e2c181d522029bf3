// From what somebody types to the room that they mean, and from the address to a room and back.
import type { Room } from './wire';

const VALID = /^[A-Za-z0-9_-]{1,64}$/;

/** A known room by its id or name, else the id that the text can be; `null` where nothing of it can stand in an id. */
export function roomIdFrom(text: string, known: readonly Pick<Room, 'id' | 'name'>[]): string | null {
  const wish = text.trim().replace(/^#/, '').trim();
  const same = (a: string) => a.toLowerCase() === wish.toLowerCase();
  const match = known.find(({ id }) => id === wish) ?? known.find(({ id, name }) => same(name) || same(id));
  if (match) return match.id;
  if (VALID.test(wish)) return wish;
  const id = wish
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return id === '' ? null : id;
}

/** The address of the list of public rooms: nothing of it can be a room's. */
export const BROWSE = '#/~rooms';

export function roomInAddress(hash: string): string | null {
  const id = hash.replace(/^#\/?/, '');
  return VALID.test(id) ? id : null;
}

export function addressOf(roomId: string | null): string {
  return roomId === null ? '#/' : `#/${roomId}`;
}
