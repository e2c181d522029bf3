// People and public rooms that the server finds for what is typed.
import type { RoomInfo, User } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useEffect, useState } from 'react';

const PATIENCE_MS = 150;

interface Found {
  readonly people: readonly User[];
  readonly publicRooms: readonly RoomInfo[];
}

const NOTHING: Found = { people: [], publicRooms: [] };

/** What was found before stays until the next is there. Without a server it finds nothing: the own rooms are known. */
export function useFound(text: string): Found & { looking: boolean } {
  const client = useClient();
  const wish = text.trim().replace(/^[#@]/, '');
  const [found, setFound] = useState<{ for: string } & Found>({ for: '', ...NOTHING });

  useEffect(() => {
    if (wish === '') return setFound({ for: '', ...NOTHING });
    let late = false;
    const timer = setTimeout(async () => {
      const [people, page] = await Promise.allSettled([
        client.people.search(wish),
        client.rooms.directory(wish),
      ]);
      if (late) return;
      setFound({
        for: wish,
        people: people.status === 'fulfilled' ? people.value.slice(0, 8) : [],
        publicRooms: page.status === 'fulfilled' ? page.value.rooms.slice(0, 8) : [],
      });
    }, PATIENCE_MS);
    return () => {
      late = true;
      clearTimeout(timer);
    };
  }, [client, wish]);

  return { ...found, looking: found.for !== wish };
}
