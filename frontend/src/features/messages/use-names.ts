// Usernames by id, of everybody who wrote or is here: what mentions are recognised by.
import type { MessageItem, Person, User } from '@belfry/client';
import { useRef } from 'react';

/** The same map until a name is added: rows with mentions render again when it changes. */
export function useNames(
  messages: readonly MessageItem[],
  online: readonly Person[],
  me: User | null,
): ReadonlyMap<string, string> {
  const known = useRef<ReadonlyMap<string, string>>(new Map());
  const from = useRef<readonly [unknown, unknown, unknown]>([null, null, null]);
  if (from.current[0] === messages && from.current[1] === online && from.current[2] === me)
    return known.current;
  from.current = [messages, online, me];
  let next: Map<string, string> | null = null;
  const add = (id: string, name: string) => {
    if ((next ?? known.current).get(id) === name) return;
    next ??= new Map(known.current);
    next.set(id, name);
  };
  for (const { userId, username } of messages) add(userId, username);
  for (const { id, username } of online) add(id, username);
  if (me) add(me.id, me.username);
  if (next) known.current = next;
  return known.current;
}
