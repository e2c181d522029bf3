// A value made from others: made again when it is asked for after one of those has changed, and told to those who watch it.
import { called, type Readable } from './readable.js';

export interface Derived<T> extends Readable<T> {
  /** Something that it is made from has changed. */
  touch(): void;
}

/** `make` may make a new object each time: the last one stays where nothing in it is another. */
export function derived<T extends object>(make: (last: T | undefined) => T): Derived<T> {
  const listeners = new Set<() => void>();
  let value: T | undefined;
  let stale = true;

  function get(): T {
    if (!stale && value) return value;
    stale = false;
    const next = make(value);
    if (value && alike(value, next)) return value;
    value = next;
    return next;
  }

  return {
    get,
    touch() {
      stale = true;
      const before = value;
      if (listeners.size === 0 || get() === before) return;
      for (const listener of [...listeners]) called(listener);
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
export function alike<T extends object>(a: T, b: T): boolean {
  const names = Object.keys(b) as (keyof T)[];
  return names.length === Object.keys(a).length && names.every((name) => Object.is(a[name], b[name]));
}
