// Reads a value of the client, or a part of it, and renders again when that part is another.
import type { Readable } from '@belfry/client';
import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';

/** Whether two selections are equal to the component that asks: it is not rendered again where they are. */
export type Same<S> = (a: S, b: S) => boolean;

/**
 * The value of a `Readable`, or what `select` makes of it. `select` may be another function and may make a new object each time:
 * without `same` the component is then rendered at each change of the value, with it only where the selections differ.
 */
export function useReadable<T>(readable: Readable<T>): T;
export function useReadable<T, S>(readable: Readable<T>, select: (value: T) => S, same?: Same<S>): S;
export function useReadable<T, S>(
  readable: Readable<T>,
  select?: (value: T) => S,
  same: Same<T | S> = Object.is,
): T | S {
  const shown = useRef<{ selection: T | S } | null>(null);
  const [get, getFirst] = useMemo(() => {
    let known: { from: T; selection: T | S } | null = null;
    // One value gives one object: a store that answers with a new one each time would be rendered for ever.
    const of = (value: T): T | S => {
      if (known && Object.is(known.from, value)) return known.selection;
      const next = select ? select(value) : value;
      const before = known ?? shown.current;
      const selection = before && same(before.selection, next) ? before.selection : next;
      known = { from: value, selection };
      return selection;
    };
    return [() => of(readable.get()), () => of((readable.first ?? readable.get)())] as const;
  }, [readable, select, same]);
  const selection = useSyncExternalStore(readable.subscribe, get, getFirst);
  useEffect(() => {
    shown.current = { selection };
  }, [selection]);
  return selection;
}

/** For selections that are flat objects or lists: equal where each of their parts is the same. */
export function shallow<S>(a: S, b: S): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const mine = Object.entries(a);
  const theirs = b as Record<string, unknown>;
  return (
    mine.length === Object.keys(b).length &&
    mine.every(([key, value]) => Object.hasOwn(b, key) && Object.is(value, theirs[key]))
  );
}
