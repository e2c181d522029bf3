// What the browser remembers, as JSON under keys of this page; a browser that forbids it remembers for as long as the page is open.

type Kind = 'localStorage' | 'sessionStorage';

const PREFIX = 'belfry.';
const fallback = new Map<string, string>();

export function recall<T>(kind: Kind, key: string): T | null {
  try {
    return JSON.parse(kept(kind, key) ?? 'null') as T | null;
  } catch {
    return null;
  }
}

function kept(kind: Kind, key: string): string | null | undefined {
  try {
    return window[kind].getItem(PREFIX + key) ?? fallback.get(key);
  } catch {
    return fallback.get(key);
  }
}

export function remember(kind: Kind, key: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    window[kind].setItem(PREFIX + key, text);
    fallback.delete(key);
  } catch {
    fallback.set(key, text);
  }
}

export function forgetEverything(): void {
  fallback.clear();
  try {
    for (const storage of [localStorage, sessionStorage]) {
      const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
      for (const key of keys) if (key?.startsWith(PREFIX)) storage.removeItem(key);
    }
  } catch {
    // Nothing is kept where nothing may be.
  }
}

/** Calls back when another tab changes what is kept under `key` in `localStorage`. */
export function onOtherTab(key: string, changed: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === PREFIX + key || event.key === null) changed();
  };
  window.addEventListener('storage', listener);
  return () => window.removeEventListener('storage', listener);
}
