// @belfry/react: what a project imports.
export * from './hooks.js';
export { ChatProvider, RoomProvider, useClient, useRoomHandle } from './providers.js';
export { useReadable } from './use-readable.js';
