// The client and the room that the components below speak to.
import type { Client, Room } from '@belfry/client';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import { hold } from './hold.js';

const ClientContext = createContext<Client | null>(null);
const RoomContext = createContext<Room | null>(null);

/** Connects the client while it is mounted. Who made the client keeps it: it may be mounted again, also in two places at once. */
export function ChatProvider({ client, children }: { client: Client; children?: ReactNode }) {
  useEffect(
    () =>
      hold(client, () => {
        client.connect();
        return () => client.disconnect();
      }),
    [client],
  );
  return <ClientContext.Provider value={client}>{children}</ClientContext.Provider>;
}

/** Opens a room while it is mounted: joins it, and stays joined. With another `id` it opens that room and lets go of the one before. */
export function RoomProvider({ id, children }: { id: string; children?: ReactNode }) {
  const client = useContext(ClientContext);
  if (!client) throw outside('<RoomProvider>');
  const room = client.room(id);
  useEffect(() => hold(room, () => room.open()), [room]);
  return <RoomContext.Provider value={room}>{children}</RoomContext.Provider>;
}

/** The client of the nearest `ChatProvider`; throws outside one. */
export function useClient(): Client {
  return useClientOf('useClient()');
}

/** The room of that id, which nobody may have opened, or of the nearest `RoomProvider`; throws where there is neither. */
export function useRoomHandle(id?: string): Room {
  return useRoomOf('useRoomHandle()', id);
}

export function useClientOf(hook: string): Client {
  const client = useContext(ClientContext);
  if (!client) throw outside(hook);
  return client;
}

export function useRoomOf(hook: string, id: string | undefined): Room {
  const client = useClientOf(hook);
  const nearest = useContext(RoomContext);
  if (id !== undefined) return client.room(id);
  if (!nearest) throw new Error(`${hook} needs a <RoomProvider> above it, or the id of a room.`);
  return nearest;
}

function outside(what: string): Error {
  return new Error(`${what} needs a <ChatProvider> above it.`);
}
