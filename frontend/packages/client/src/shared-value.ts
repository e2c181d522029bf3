// One value that the tabs of a browser share, in localStorage; where the browser keeps nothing, it lives as long as the page.
import { put, shelf } from './local.js';

export interface SharedValue<T> {
  get(): T | null;
  /** `null` takes it away. */
  set(value: T | null): void;
  close(): void;
}

/** `changed`: another tab has set it. */
export function sharedValue<T>(key: string, changed: () => void): SharedValue<T> {
  let inMemory: string | null = null;
  const listener = (event: StorageEvent) => {
    // No key: everything was cleared.
    if (event.key === key || event.key === null) changed();
  };
  globalThis.window?.addEventListener('storage', listener);

  return {
    get() {
      try {
        return JSON.parse(inMemory ?? shelf()?.getItem(key) ?? 'null') as T | null;
      } catch {
        return null;
      }
    },
    set(value) {
      inMemory = null;
      const text = value === null ? null : JSON.stringify(value);
      if (put(key, text) || text === null) return;
      // What was there must not be found by anybody where the new one finds no room: an old refresh token revokes the new.
      put(key, null);
      if (!put(key, text)) inMemory = text;
    },
    close() {
      globalThis.window?.removeEventListener('storage', listener);
    },
  };
}
