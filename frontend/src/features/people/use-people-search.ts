// People by a part of their name, asked for when somebody pauses in typing it.
import type { User } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useEffect, useState } from 'react';
import { failureOf, generalSentence } from '../../language/sentences';

const PAUSE_MS = 250;

interface Search {
  /** `null`: nothing was asked yet. Those found stay while the next are looked for. */
  found: readonly User[] | null;
  busy: boolean;
  problem: string;
}

const NOTHING: Search = { found: null, busy: false, problem: '' };

export function usePeopleSearch(text: string): Search {
  const client = useClient();
  const [search, setSearch] = useState(NOTHING);
  const wish = text.trim();

  useEffect(() => {
    if (wish === '') return setSearch(NOTHING);
    let current = true;
    setSearch(({ found }) => ({ found, busy: true, problem: '' }));
    const timer = setTimeout(() => {
      client.people.search(wish).then(
        (found) => current && setSearch({ found, busy: false, problem: '' }),
        (error) =>
          current && setSearch({ found: null, busy: false, problem: generalSentence(failureOf(error)) }),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [client, wish]);

  return search;
}
