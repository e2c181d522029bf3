// Where the client keeps what must survive a reload: values by key, for one site.
import { browserStorage } from './browser-storage.js';
import { cell, type Readable } from './readable.js';

export type Keeps = 'storage' | 'memory';

/**
 * Every call may reject or take long; the client goes on without. Values are plain data, as JSON knows it.
 * Several tabs may use one storage: a key has the value that was written last.
 */
export interface Storage {
  get<T>(key: string): Promise<T | undefined>;
  /** All entries whose key begins with `prefix`, ascending by key. */
  list<T>(prefix: string): Promise<[key: string, value: T][]>;
  /** Reads that follow see the value, whether or not it could be kept yet. */
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** Everything whose key begins with `prefix`. */
  clear(prefix: string): Promise<void>;
  /** `memory`: there is something that will not outlive the page, because there is no IndexedDB, or it is refused or full. */
  readonly keeps: Readable<Keeps>;
}

/** Keeps for as long as the object lives. */
export function memoryStorage(): Storage {
  const entries = new Map<string, unknown>();
  const named = (prefix: string) => [...entries.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    keeps: cell<Keeps>('memory'),
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

/**
 * IndexedDB where there is one, memory otherwise. It never rejects: what the browser does not take, or not within 3 s, is held
 * in memory while the page lives, and `keeps` says so. What is still on its way when the page goes is kept all the same.
 */
export function openStorage(name = 'belfry'): Storage {
  return hasIndexedDb() ? browserStorage(name) : memoryStorage();
}

/** What the keys of everything kept for one user begin with. */
export function keptFor(userId: string): string {
  return `user/${encodeURIComponent(userId)}/`;
}

function hasIndexedDb(): boolean {
  try {
    return Boolean(globalThis.indexedDB);
  } catch {
    // Some browsers refuse even the question.
    return false;
  }
}
