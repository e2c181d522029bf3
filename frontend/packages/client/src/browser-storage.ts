// IndexedDB that loses nothing: what was set is read back at once, and what the browser does not take is held in memory.
import { createStore, promisifyRequest } from 'idb-keyval';
import { BROWSER_STORAGE_LIMIT_MS } from './bounds.js';
import { lastWords } from './last-words.js';
import { cell } from './readable.js';
import type { Keeps, Storage } from './storage.js';

/** By key; `undefined`: to be deleted. */
type Writes = Map<string, unknown>;

export function browserStorage(name: string): Storage {
  const database = createStore(name, 'kept');
  const keeps = cell<Keeps>('storage');
  const words = lastWords(name, () => [...unwritten()]);
  /** Refused by the browser. */
  const held: Writes = new Map();
  /** On its way. */
  let writing: Writes = new Map();
  /** To follow; the newest value of a key takes the place of the one before. */
  const waiting: Writes = new Map(words.taken);
  let work: Promise<void> | undefined;
  let reachable = true;

  function unwritten(): Writes {
    return new Map([...held, ...writing, ...waiting]);
  }

  function put(key: string, value: unknown): Promise<void> {
    waiting.set(key, value);
    return written();
  }

  function written(): Promise<void> {
    words.more();
    work ??= writeAll().finally(() => {
      work = undefined;
      if (unwritten().size === 0) words.unneeded();
    });
    return work;
  }

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      writing = new Map(waiting);
      waiting.clear();
      const batch = writing;
      await write(batch);
      writing = new Map();
      // Where something was deleted there may be room for what was refused before.
      const freed = [...batch].some(([key, value]) => value === undefined && !held.has(key));
      if (freed) for (const [key, value] of held) if (!waiting.has(key)) waiting.set(key, value);
      tell();
    }
  }

  /** All at once, or where that is refused one by one; whether the browser has answered in time. */
  async function write(batch: Writes): Promise<boolean> {
    const done = await transact(batch);
    let answers = done !== undefined;
    if (done) {
      reachable = true;
      for (const key of batch.keys()) held.delete(key);
    } else if (!answers || batch.size === 1) {
      for (const [key, value] of batch) held.set(key, value);
    } else {
      const deletionsFirst = [...batch].sort(
        ([, a], [, b]) => Number(a !== undefined) - Number(b !== undefined),
      );
      for (const entry of deletionsFirst) {
        if (answers) answers = await write(new Map([entry]));
        else held.set(...entry);
      }
    }
    return answers;
  }

  /** `undefined`: too late. */
  function transact(batch: Writes): Promise<boolean | undefined> {
    const done = database('readwrite', async (store) => {
      for (const [key, value] of batch) {
        if (value === undefined) store.delete(key);
        else store.put(value, key);
      }
      store.transaction.commit?.();
      await promisifyRequest(store.transaction);
      return true;
    }).catch(() => false);
    return inTime(done);
  }

  async function read<T>(ask: (store: IDBObjectStore) => Promise<T>): Promise<T | undefined> {
    const answer = await inTime(
      database('readonly', async (store) => ({ value: await ask(store) })).catch(() => null),
    );
    reachable = Boolean(answer);
    tell();
    return answer?.value;
  }

  function tell() {
    keeps.set(reachable && held.size === 0 ? 'storage' : 'memory');
  }

  async function list<T>(prefix: string): Promise<[string, T][]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    const found = await read((store) =>
      Promise.all([promisifyRequest(store.getAllKeys(range)), promisifyRequest(store.getAll(range))]),
    );
    const [keys, values] = found ?? [[], []];
    const entries = new Map<string, unknown>(keys.map((key, index) => [String(key), values[index]]));
    for (const [key, value] of unwritten()) if (key.startsWith(prefix)) entries.set(key, value);
    const kept = [...entries].filter(([, value]) => value !== undefined) as [string, T][];
    return kept.sort(([a], [b]) => (a < b ? -1 : 1));
  }

  if (waiting.size > 0) void written();

  return {
    keeps,
    async get<T>(key: string) {
      return (await list<T>(key)).find(([each]) => each === key)?.[1];
    },
    list,
    set: async (key, value) => put(key, structuredClone(value)),
    delete: (key) => put(key, undefined),
    async clear(prefix) {
      for (const key of unwritten().keys()) if (key.startsWith(prefix)) waiting.set(key, undefined);
      for (const [key] of await list(prefix)) waiting.set(key, undefined);
      await written();
    },
  };
}

/** `undefined` where it takes too long: an upgrade that another tab blocks never ends. */
function inTime<T>(work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, BROWSER_STORAGE_LIMIT_MS, undefined);
    void work.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });
}
