// What components read and do: each hook is a part of the client, and renders again when that part changes.
import type { PresenceState, User } from '@belfry/client';
import { type ClientHook, clientHook, type RoomHook, roomHook } from './hook-shapes.js';
import {
  clientParts,
  roomParts,
  type UseConnection,
  type UseDraft,
  type UseJobs,
  type UseMessages,
  type UseNotifications,
  type UseRoom,
  type UseRooms,
  type UseTyping,
  type UseUnread,
} from './parts.js';

/** The user; `null` until it is known who the token is for. */
export const useMe: ClientHook<User | null> = clientHook('useMe', (client) => client.me);

/** Whether there is a connection, since when not, and what waits to be sent. */
export const useConnection: ClientHook<UseConnection> = clientHook(
  'useConnection',
  (client) => clientParts(client).connection,
);

/** The user's rooms with what is unread, and the ways to other rooms. */
export const useRooms: ClientHook<UseRooms> = clientHook('useRooms', (client) => clientParts(client).rooms);

export const useNotifications: ClientHook<UseNotifications> = clientHook(
  'useNotifications',
  (client) => clientParts(client).notifications,
);

/** The user's background jobs, the newest first. */
export const useJobs: ClientHook<UseJobs> = clientHook('useJobs', (client) => clientParts(client).jobs);

/** The room itself, and what can be done to it. */
export const useRoom: RoomHook<UseRoom> = roomHook('useRoom', (room) => roomParts(room).room);

/** The finished list, and what can be done with messages. */
export const useMessages: RoomHook<UseMessages> = roomHook('useMessages', (room) => roomParts(room).messages);

/** The others who are typing, and what a field calls at each change of its text. */
export const useTyping: RoomHook<UseTyping> = roomHook('useTyping', (room) => roomParts(room).typing);

/** Who is in the room now. */
export const usePresence: RoomHook<PresenceState> = roomHook('usePresence', (room) => room.presence);

/** How much of the room is unread. */
export const useUnread: RoomHook<UseUnread> = roomHook('useUnread', (room) => roomParts(room).unread);

/** What is being written in the room; kept over reloads. */
export const useDraft: RoomHook<UseDraft> = roomHook('useDraft', (room) => roomParts(room).draft);
