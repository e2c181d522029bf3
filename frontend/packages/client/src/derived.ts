// A value made from others: made again when it is asked for after one of those has changed, and told to those who watch it.
import type { Readable } from './readable.js';

export interface Derived<T> extends Readable<T> {
  /** Something that it is made from has changed. */
  touch(): void;
}

/** `make` gets the last value, to hand it back where nothing in it has changed. */
export function derived<T>(make: (last: T | undefined) => T): Derived<T> {
  const listeners = new Set<() => void>();
  let value: T | undefined;
  let stale = true;

  function get(): T {
    if (stale) {
      stale = false;
      value = make(value);
    }
    return value as T;
  }

  return {
    get,
    touch() {
      const before = value;
      const known = !stale;
      stale = true;
      if (listeners.size === 0) return;
      if (Object.is(get(), before) && known) return;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      // A first look, so that the next change is known to be one.
      get();
      const mine = () => listener();
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
  };
}

/** Whether two objects have the same values under the same names. */
export function alike<T extends object>(a: T | undefined, b: T): boolean {
  if (!a) return false;
  const names = Object.keys(b) as (keyof T)[];
  return names.length === Object.keys(a).length && names.every((name) => Object.is(a[name], b[name]));
}
