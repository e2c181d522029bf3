// The user's own part of a storage. Until it is known who that is, what is put there is held, and goes to the storage afterwards.
import { keptFor, type Storage } from './storage.js';

/** Keys are without what says whose they are. Nothing rejects: what cannot be kept is still used, and the storage says so. */
export interface Shelf {
  /** From now on it is that user's part of that storage. */
  give(storage: Storage, userId: string): void;
  /** `undefined` takes it away. Resolves when it is kept, or cannot be. */
  put(key: string, value: unknown): Promise<void>;
  /** Nothing before `give`. */
  get<T>(key: string): Promise<T | undefined>;
  /** All entries whose key begins with `prefix`, ascending by key; nothing before `give`. */
  list<T>(prefix: string): Promise<[key: string, value: T][]>;
}

export function createShelf(): Shelf {
  const early = new Map<string, unknown>();
  let place: { storage: Storage; prefix: string } | undefined;

  async function put(key: string, value: unknown): Promise<void> {
    if (!place) return void early.set(key, value);
    const { storage, prefix } = place;
    const kept = value === undefined ? storage.delete(prefix + key) : storage.set(prefix + key, value);
    await kept.catch(() => undefined);
  }

  return {
    give(storage, userId) {
      place = { storage, prefix: keptFor(userId) };
      for (const [key, value] of early) void put(key, value);
      early.clear();
    },
    put,
    async get<T>(key: string) {
      return await place?.storage.get<T>(place.prefix + key).catch(() => undefined);
    },
    async list<T>(start: string) {
      if (!place) return [];
      const { storage, prefix } = place;
      const entries = await storage.list<T>(prefix + start).catch(() => []);
      return entries.map(([key, value]): [string, T] => [key.slice(prefix.length), value]);
    },
  };
}
