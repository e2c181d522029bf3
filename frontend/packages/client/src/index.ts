// @belfry/client: what a project imports.
export * from './contract.js';
export { createClient } from './create-client.js';
export { mayDelete, mayEdit, mayLeave, mayManage, mayOwn, mayRemove } from './permission.js';
export { Problem } from './problem.js';
export { type Cell, cell, type Readable } from './readable.js';
export { createSession, type Session, type SessionOptions, type SessionState, type Way } from './session.js';
export { memoryStorage, openStorage, type Storage } from './storage.js';
export type * from './wire.js';
export {
  LONGEST_MESSAGE,
  LONGEST_NAME,
  LONGEST_ROOM_NAME,
  LONGEST_TOPIC,
  MOST_CLAPS,
  MOST_EMOJI,
} from './wire.js';
