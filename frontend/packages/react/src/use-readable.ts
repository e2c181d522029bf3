// Reads a value of the client, or a part of it, and renders again when that part is another.
import type { Readable } from '@belfry/client';
import { useCallback, useRef, useSyncExternalStore } from 'react';

/** `select` may make a new object each time, as long as `same` says when two are equal. */
export function useReadable<T, S = T>(
  readable: Readable<T>,
  select: (value: T) => S = (value) => value as unknown as S,
  same: (a: S, b: S) => boolean = Object.is,
): S {
  const latest = useRef({ select, same });
  latest.current = { select, same };
  const last = useRef<{ from: T; by: (value: T) => S; selected: S } | null>(null);
  const get = useCallback(() => {
    const value = readable.get();
    const { select, same } = latest.current;
    const known = last.current;
    if (known && Object.is(known.from, value) && known.by === select) return known.selected;
    const next = select(value);
    const selected = known && same(known.selected, next) ? known.selected : next;
    last.current = { from: value, by: select, selected };
    return selected;
  }, [readable]);
  return useSyncExternalStore(readable.subscribe, get, get);
}
