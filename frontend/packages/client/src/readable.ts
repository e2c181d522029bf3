// A value that changes and can be watched: what every part of the client is read by. It fits React's `useSyncExternalStore` as it is.

export interface Readable<T> {
  /** The value now. The same object until something in it changes. */
  get(): T;
  /** The value before anything was known: what a server renders, and a page that takes over what a server rendered. As `get` if not said. */
  first?(): T;
  /** Calls back after each change until the returned function is called. */
  subscribe(listener: () => void): () => void;
}

export interface Cell<T> extends Readable<T> {
  first(): T;
  /** Nobody is called where the value is the one that was there. */
  set(next: T): void;
}

/** What one listener throws is its own affair, and seen as an uncaught error. */
export function called(listener: () => void) {
  try {
    listener();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

export function cell<T>(first: T): Cell<T> {
  let value = first;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    first: () => first,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const listener of [...listeners]) called(listener);
    },
    subscribe(listener) {
      // One function may subscribe twice and end one of the two.
      const mine = () => listener();
      listeners.add(mine);
      return () => listeners.delete(mine);
    },
  };
}
