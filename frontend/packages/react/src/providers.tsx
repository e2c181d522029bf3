// The client and the room that the components below speak to.
import type { Client, Room } from '@belfry/client';
import { createContext, type ReactNode, useContext, useEffect } from 'react';

const ClientContext = createContext<Client | null>(null);
const RoomContext = createContext<Room | null>(null);

/** Connects the client while it is mounted. Who made the client keeps it: the same one may be mounted again. */
export function ChatProvider({ client, children }: { client: Client; children: ReactNode }) {
  useEffect(() => {
    client.connect();
    return () => client.disconnect();
  }, [client]);
  return <ClientContext value={client}>{children}</ClientContext>;
}

/** Opens a room while it is mounted: joins it, and stays joined. */
export function RoomProvider({ id, children }: { id: string; children: ReactNode }) {
  const client = useClient();
  const room = client.room(id);
  useEffect(() => room.open(), [room]);
  return <RoomContext value={room}>{children}</RoomContext>;
}

/** The client of the nearest `ChatProvider`; throws outside one. */
export function useClient(): Client {
  const client = useContext(ClientContext);
  if (!client) throw new Error('This hook needs a <ChatProvider> above it.');
  return client;
}

/** The room of that id, or of the nearest `RoomProvider`; throws where there is neither. */
export function useRoomHandle(id?: string): Room {
  const client = useClient();
  const nearest = useContext(RoomContext);
  if (id !== undefined) return client.room(id);
  if (!nearest) throw new Error('This hook needs a room id, or a <RoomProvider> above it.');
  return nearest;
}
