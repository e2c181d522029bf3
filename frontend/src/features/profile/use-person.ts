// Somebody as the server knows them, and what becomes of their presence while one looks.
import type { Status, User } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useEffect, useState } from 'react';

interface Presence {
  userId: string;
  status: Status;
  lastSeen?: string;
}

export function usePerson(id: string) {
  const client = useClient();
  const [person, setPerson] = useState<User | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [turn, setTurn] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn asks again
  useEffect(() => {
    let current = true;
    setProblem(null);
    client.people.get(id).then(
      (user) => current && setPerson(user),
      (error: unknown) => current && setProblem(error),
    );
    const quiet = client.on('presence:changed', (payload) => {
      const { userId, ...presence } = payload as Presence;
      if (userId === id) setPerson((known) => known && { ...known, ...presence });
    });
    return () => {
      current = false;
      quiet();
    };
  }, [client, id, turn]);

  const mine = person?.id === id ? person : null;
  return { person: mine, problem: mine ? null : problem, again: () => setTurn(turn + 1) };
}
