// Who may be named in a room: those who are here at once, the other members once an `@` has been written, and in a large room those
// whom the server finds by the letters.
import type { Member, Room, User } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useEffect, useRef, useState } from 'react';
import type { Candidate } from './mention-choices';

/** Pages of members that are fetched; whoever comes after them is searched for. */
const MOST_PAGES = 3;
const SEARCH_AFTER_MS = 150;
const FRESH_FOR_MS = 60_000;

interface Known {
  members: readonly Candidate[];
  /** All members are among them. */
  all: boolean;
  at: number;
}

/** `query`: what stands after the `@`, `null` while there is none. */
export function useMentionPeople(room: Room, query: string | null): readonly Candidate[] {
  const { people } = useClient();
  const [known, setKnown] = useState<Known | null>(null);
  const [found, setFound] = useState<readonly Candidate[]>([]);
  const asking = useRef(false);
  const wanted = query !== null;

  useEffect(() => {
    if (!wanted || asking.current || (known && Date.now() - known.at < FRESH_FOR_MS)) return;
    asking.current = true;
    membersOf(room)
      // Without them, those who are here can still be named; the next `@` asks again.
      .then(
        (members) => setKnown({ ...members, at: Date.now() }),
        () => undefined,
      )
      .finally(() => {
        asking.current = false;
      });
  }, [wanted, room, known]);

  useEffect(() => {
    if (!query || !known || known.all) return;
    let stale = false;
    const timer = setTimeout(() => {
      people.search(query.trim()).then(
        (users) => !stale && setFound(users.map(candidate)),
        () => undefined,
      );
    }, SEARCH_AFTER_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [query, known, people]);

  if (!wanted) return NOBODY;
  return [...room.presence.get().online, ...(known?.members ?? NOBODY), ...found];
}

const NOBODY: readonly Candidate[] = [];

async function membersOf(room: Room): Promise<Omit<Known, 'at'>> {
  const members: Candidate[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer = await room.members(cursor);
    members.push(...answer.members.map(({ user }: Member) => candidate(user)));
    cursor = answer.nextCursor;
    if (cursor === undefined) return { members, all: true };
  }
  return { members, all: false };
}

function candidate({ id, username, displayName, status }: User): Candidate {
  return displayName === undefined ? { id, username, status } : { id, username, displayName, status };
}
