// From what somebody types to the room that they mean.

const VALID = /^[A-Za-z0-9_-]{1,64}$/;

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
  const id = wish
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 64);
  return id === '' ? null : id;
}
