// The names that the people of a room are shown by. A message carries its writer's username only: the name that they chose is known of
// those who are here, of the first members, and of oneself.
import type { User } from '@belfry/client';
import { useMe, usePresence, useRoom, useRoomHandle } from '@belfry/react';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from 'react';

type Names = ReadonlyMap<string, string>;

const NamesContext = createContext<Names>(new Map());

/** Around all of one room. */
export function ShownNames({ children }: { children: ReactNode }) {
  const room = useRoomHandle();
  const live = useRoom(({ status }) => status === 'live');
  const online = usePresence(({ online }) => online);
  const me = useMe();
  const [members, setMembers] = useState<readonly User[] | null>(null);
  const known = useRef<Names>(new Map());

  // Once for a visit, not after each cut.
  useEffect(() => {
    if (!live || members) return;
    let current = true;
    room.members().then(
      (page) => current && setMembers(page.members.map(({ user }) => user)),
      // Then the others are shown by what the messages say.
      () => undefined,
    );
    return () => {
      current = false;
    };
  }, [room, live, members]);

  const next = new Map(known.current);
  for (const { id, displayName } of [...(members ?? []), ...online])
    if (displayName) next.set(id, displayName);
  if (me?.displayName) next.set(me.id, me.displayName);
  else if (me) next.delete(me.id);
  if (!same(known.current, next)) known.current = next;
  return <NamesContext value={known.current}>{children}</NamesContext>;
}

/** What somebody is called: the name that they chose where it is known, or else the username. */
export function useShownName(): (person: { userId: string; username: string }) => string {
  const names = useContext(NamesContext);
  return useCallback(({ userId, username }) => names.get(userId) ?? username, [names]);
}

function same(one: Names, other: Names): boolean {
  return one.size === other.size && [...one].every(([id, name]) => other.get(id) === name);
}
