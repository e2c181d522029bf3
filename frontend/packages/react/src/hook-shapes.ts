// How a hook is called: for all of a part, or for a selection of it; a room's hook also with the room's id.
import type { Client, Readable, Room } from '@belfry/client';
import { useClientOf, useRoomOf } from './providers.js';
import { type Same, useReadable } from './use-readable.js';

export interface ClientHook<T> {
  (): T;
  /** A part of it; no rendering while that part is the same. */
  <S>(select: (value: T) => S, same?: Same<S>): S;
}

/** Without an id: of the nearest `RoomProvider`. With one it only looks, and opens nothing. */
export interface RoomHook<T> {
  (id?: string): T;
  /** A part of it; no rendering while that part is the same. */
  <S>(select: (value: T) => S, same?: Same<S>): S;
  <S>(id: string | undefined, select: (value: T) => S, same?: Same<S>): S;
}

export function clientHook<T>(name: string, part: (client: Client) => Readable<T>): ClientHook<T> {
  return function useClientPart<S>(select?: (value: T) => S, same?: Same<S>) {
    return useReadable(part(useClientOf(`${name}()`)), select as (value: T) => S, same);
  };
}

export function roomHook<T>(name: string, part: (room: Room) => Readable<T>): RoomHook<T> {
  type Select<S> = (value: T) => S;
  return function useRoomPart<S>(first?: string | Select<S>, second?: Select<S> | Same<S>, third?: Same<S>) {
    const [id, select, same] =
      typeof first === 'function'
        ? [undefined, first, second as Same<S>]
        : [first, second as Select<S>, third];
    return useReadable(part(useRoomOf(`${name}()`, id)), select as Select<S>, same);
  };
}
