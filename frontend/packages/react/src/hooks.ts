// What components read and do: each hook is a part of the client, and renders again when that part changes.
import type {
  ConnectionState,
  Draft,
  Job,
  MessagesState,
  NotificationsState,
  PresenceState,
  Room,
  RoomState,
  RoomsState,
  Typist,
  UnreadState,
  User,
} from '@belfry/client';
import { useMemo } from 'react';
import { useClient, useRoomHandle } from './providers.js';
import { useReadable } from './use-readable.js';

/** `null` until it is known who the token is for. */
export function useMe(): User | null {
  return useReadable(useClient().me);
}

export function useConnection(): ConnectionState {
  return useReadable(useClient().connection);
}

/** The user's rooms; with `select` a part of them, and no rendering while that part stays equal. */
export function useRooms(): RoomsState;
export function useRooms<S>(select: (state: RoomsState) => S, same?: (a: S, b: S) => boolean): S;
export function useRooms<S>(select?: (state: RoomsState) => S, same?: (a: S, b: S) => boolean) {
  return useReadable(useClient().rooms, select as (state: RoomsState) => S, same);
}

export type UseRoom = RoomState &
  Pick<
    Room,
    | 'id'
    | 'retryOpen'
    | 'leave'
    | 'members'
    | 'addMember'
    | 'setRole'
    | 'removeMember'
    | 'update'
    | 'destroy'
    | 'moderation'
  >;

/** The room itself and what can be done to it. */
export function useRoom(id?: string): UseRoom {
  const room = useRoomHandle(id);
  const state = useReadable(room.state);
  return useMemo(() => ({ ...room, ...state }), [room, state]);
}

export type UseMessages = MessagesState &
  Pick<
    Room,
    | 'loadOlder'
    | 'loadNewer'
    | 'seek'
    | 'toEnd'
    | 'send'
    | 'retry'
    | 'discard'
    | 'edit'
    | 'remove'
    | 'react'
    | 'clap'
    | 'dismiss'
    | 'markRead'
  >;

/** The finished list, and what can be done with messages. The verbs are the same functions at each rendering. */
export function useMessages(id?: string): UseMessages {
  const room = useRoomHandle(id);
  const state = useReadable(room.messages);
  return useMemo(() => ({ ...room, ...state }), [room, state]);
}

/** The others who are typing, and what the field calls at each change of its text. */
export function useTyping(id?: string): { typing: readonly Typist[]; typed(text: string): void } {
  const room = useRoomHandle(id);
  const typing = useReadable(room.typing);
  return useMemo(() => ({ typing, typed: room.typed }), [typing, room]);
}

export function usePresence(id?: string): PresenceState {
  return useReadable(useRoomHandle(id).presence);
}

export function useUnread(id?: string): UnreadState & Pick<Room, 'markRead'> {
  const room = useRoomHandle(id);
  const unread = useReadable(room.unread);
  return useMemo(() => ({ ...unread, markRead: room.markRead }), [unread, room]);
}

/** What is being written in the room; kept over reloads. */
export function useDraft(id?: string): Draft & { set(draft: Partial<Draft>): void } {
  const room = useRoomHandle(id);
  const draft = useReadable(room.draft);
  return useMemo(() => ({ ...draft, set: room.setDraft }), [draft, room]);
}

export function useNotifications(): NotificationsState & {
  loadOlder(): void;
  markRead(upTo?: string): void;
} {
  const { notifications } = useClient();
  const state = useReadable(notifications);
  return useMemo(
    () => ({ ...state, loadOlder: notifications.loadOlder, markRead: notifications.markRead }),
    [state, notifications],
  );
}

/** The user's background jobs, the newest first. */
export function useJobs(): readonly Job[] {
  return useReadable(useClient().jobs);
}
