// The client: puts its parts together.
import type { Client, ClientOptions } from './contract.js';

/** A client that does nothing until `connect`. */
export function createClient(_options: ClientOptions): Client {
  throw new Error('not built yet');
}
