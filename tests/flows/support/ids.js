// Ids that nothing has.

import { randomUUID } from 'node:crypto';

/** A UUIDv7 that no message has. */
export function unknownId() {
  const time = Date.now().toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
