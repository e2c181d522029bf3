// A value made from others: made again when it is asked for after one of those has changed, and told to those who watch it.
import { cell, type Readable } from './readable.js';

export interface Derived<T> extends Readable<T> {
  first(): T;
  /** Something that it is made from has changed. */
  touch(): void;
}

/** `make` may make a new object each time: the last one stays where nothing in it is another. */
export function derived<T extends object>(make: (last: T | undefined) => T): Derived<T> {
  const value = cell(make(undefined));
  const watchers = new Set<object>();
  let stale = false;

  function get(): T {
    if (stale) {
      stale = false;
      const next = make(value.get());
      if (!alike(value.get(), next)) value.set(next);
    }
    return value.get();
  }

  return {
    get,
    first: value.first,
    touch() {
      stale = true;
      if (watchers.size > 0) get();
    },
    subscribe(listener) {
      // A first look, so that the next change is known to be one.
      get();
      const watcher = {};
      watchers.add(watcher);
      const end = value.subscribe(listener);
      return () => {
        watchers.delete(watcher);
        end();
      };
    },
  };
}

/** Whether two objects have the same values under the same names. */
export function alike<T extends object>(a: T, b: T): boolean {
  const names = Object.keys(b) as (keyof T)[];
  return names.length === Object.keys(a).length && names.every((name) => Object.is(a[name], b[name]));
}

/** What was known, where the next says the same. */
export function unlessAlike<T extends object>(known: T, next: T): T {
  return alike(known, next) ? known : next;
}

/** The same list where nothing goes. */
export function filtered<T>(list: readonly T[], stays: (each: T) => boolean): readonly T[] {
  const left = list.filter(stays);
  return left.length < list.length ? left : list;
}
