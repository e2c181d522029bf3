// What a room finds around it: the connection, the server's REST interface, and who else has to know of what happens in it.
import type { Connection } from './connection.js';
import type { Drafts } from './drafts.js';
import type { KeptSends } from './kept-sends.js';
import type { Life } from './life.js';
import type { Reading } from './reading.js';
import type { Rest } from './rest.js';
import type { Shelf } from './shelf.js';
import type { Pending } from './timeline/timeline.js';
import type { User } from './wire.js';

export interface World {
  me(): User | null;
  connection: Pick<Connection, 'ask' | 'tell' | 'sid'>;
  rest: Pick<Rest, 'ask'>;
  shelf: Shelf;
  drafts: Drafts;
  unsent: KeptSends<Pending>;
  reading: Reading;
  /** The time between `connect` and `disconnect`; `null` outside of it. */
  life(): Life | null;
  /** There may be something to send in that room. */
  pump(roomId: string): void;
  /** Something of a room that a list of rooms shows has changed. */
  changed(): void;
  /** Nobody shows that room any more. */
  closed(roomId: string): void;
  /** The user as others see them, told with a join: their status may have been set elsewhere. */
  seenAs(user: User): void;
}
