// @belfry/react: what a project imports.
export type { ClientHook, RoomHook } from './hook-shapes.js';
export * from './hooks.js';
export type {
  UseConnection,
  UseDraft,
  UseJobs,
  UseMessages,
  UseNotifications,
  UseRoom,
  UseRooms,
  UseTyping,
  UseUnread,
} from './parts.js';
export { ChatProvider, RoomProvider, useClient, useRoomHandle } from './providers.js';
export { type Same, shallow, useReadable } from './use-readable.js';
