// From what somebody types to the room that they mean, and from a name to an id that it can have.
import type { RoomSummary } from '@belfry/client';

const VALID = /^[A-Za-z0-9_-]{1,64}$/;
const LONGEST = 64;

/** A known room by its id or name, else the id that the text can be; `null` where nothing of it can stand in an id. */
export function roomIdFrom(text: string, known: readonly Pick<RoomSummary, 'id' | 'title'>[]): string | null {
  const wish = text.trim().replace(/^#/, '').trim();
  const same = (a: string) => a.toLowerCase() === wish.toLowerCase();
  const match = known.find(({ id }) => id === wish) ?? known.find(({ id, title }) => same(title) || same(id));
  if (match) return match.id;
  if (isRoomId(wish)) return wish;
  return idFromName(wish) || null;
}

/** Empty where nothing of the name can stand in an id. */
export function idFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, LONGEST)
    .replace(/-+$/, '');
}

export function isRoomId(text: string): boolean {
  return VALID.test(text);
}

/** Another id much like one that is taken: `garden-2` after `garden`. */
export function nextId(id: string): string {
  const [, stem = id, number] = /^(.*?)(?:-(\d{1,6}))?$/.exec(id) ?? [];
  const end = `-${number ? Number(number) + 1 : 2}`;
  return `${stem.slice(0, LONGEST - end.length)}${end}`;
}
