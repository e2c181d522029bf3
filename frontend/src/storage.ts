// What the browser remembers, as JSON under keys of this page; a browser that forbids it remembers for as long as the page is open.

type Kind = 'localStorage' | 'sessionStorage';

const fallback = new Map<string, string>();

export function recall<T>(kind: Kind, key: string): T | null {
  try {
    const kept = window[kind].getItem(`belfry.${key}`) ?? fallback.get(key);
    return kept === undefined ? null : (JSON.parse(kept) as T);
  } catch {
    return null;
  }
}

export function remember(kind: Kind, key: string, value: unknown): void {
  const text = JSON.stringify(value);
  try {
    window[kind].setItem(`belfry.${key}`, text);
    fallback.delete(key);
  } catch {
    fallback.set(key, text);
  }
}

export function forget(kind: Kind, key: string): void {
  fallback.delete(key);
  try {
    window[kind].removeItem(`belfry.${key}`);
  } catch {
    // Nothing is kept where nothing may be.
  }
}

/** Calls back when another tab changes what is kept under `key` in `localStorage`. */
export function onOtherTab(key: string, changed: () => void): () => void {
  const listener = (event: StorageEvent) => {
    if (event.key === `belfry.${key}` || event.key === null) changed();
  };
  window.addEventListener('storage', listener);
  return () => window.removeEventListener('storage', listener);
}
