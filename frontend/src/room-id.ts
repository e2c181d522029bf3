// From what somebody types to the room that they mean, and from a name to an id that it can have.

const VALID = /^[A-Za-z0-9_-]{1,64}$/;

export const LONGEST_ID = 64;

export function isRoomId(text: string): boolean {
  return VALID.test(text);
}

/** A known room by its id or name, else the id that the text can be; `null` where nothing of it can stand in an id. */
export function roomIdFrom(text: string, known: readonly { id: string; name: string }[]): string | null {
  const wish = text.trim().replace(/^#/, '').trim();
  const same = (a: string) => a.toLowerCase() === wish.toLowerCase();
  const match = known.find(({ id }) => id === wish) ?? known.find(({ id, name }) => same(name) || same(id));
  if (match) return match.id;
  if (VALID.test(wish)) return wish;
  return idFromName(wish) || null;
}

/** Empty where nothing of the name can stand in an id. */
export function idFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .slice(0, LONGEST_ID)
    .replace(/^-+|-+$/g, '');
}

/** Another id much like one that is taken: `garden-2` after `garden`. */
export function nextId(id: string): string {
  const [, stem = id, number] = /^(.*?)(?:-(\d{1,6}))?$/.exec(id) ?? [];
  const end = `-${number ? Number(number) + 1 : 2}`;
  return `${stem.slice(0, LONGEST_ID - end.length)}${end}`;
}
