// Messages that were written and not acknowledged, kept until they are: over cuts, reloads and other tabs.
import { Problem } from './problem.js';
import { keptFor, type Storage } from './storage.js';
import type { Pending } from './timeline/timeline.js';
import type { WireError } from './wire.js';

export interface KeptSends<Unsent> {
  /** What waits in each room, in the order written; also what other tabs of this browser wait to send. */
  load(): Promise<Map<string, Unsent[]>>;
  /** Keeps it, or what has become of it. */
  put(roomId: string, unsent: Unsent): Promise<void>;
  remove(roomId: string, clientId: string): Promise<void>;
}

interface Kept<Unsent> {
  roomId: string;
  unsent: Unsent;
}

const DIGITS = 12;

/**
 * One record a message, so that tabs do not overwrite each other's. A record's key begins with a number that counts up: the order
 * written, whatever the clock says.
 */
export function createKeptSends<Unsent extends { clientId: string } = Pending>(
  storage: Storage,
  userId: string,
): KeptSends<Unsent> {
  const prefix = `${keptFor(userId)}unsent/`;
  const keys = new Map<string, string>();
  let highest = 0;
  let first: Promise<unknown> | undefined;

  async function load(): Promise<Map<string, Unsent[]>> {
    const rooms = new Map<string, Unsent[]>();
    const loading = storage.list<Kept<Unsent>>(prefix);
    first ??= loading;
    for (const [key, { roomId, unsent }] of await loading) {
      highest = Math.max(highest, Number(key.slice(prefix.length, prefix.length + DIGITS)) || 0);
      keys.set(unsent.clientId, key);
      rooms.set(roomId, [...(rooms.get(roomId) ?? []), revived(unsent)]);
    }
    return rooms;
  }

  /** Numbers go on after those that are there, so those have to be known. */
  async function loaded(): Promise<void> {
    if (!first) await load();
    else await first;
  }

  function keyOf(clientId: string): string {
    let key = keys.get(clientId);
    if (!key) {
      highest += 1;
      key = `${prefix}${String(highest).padStart(DIGITS, '0')}/${clientId}`;
      keys.set(clientId, key);
    }
    return key;
  }

  return {
    load,
    async put(roomId, unsent) {
      await loaded();
      const kept: Kept<unknown> = { roomId, unsent: plain(unsent) };
      await storage.set(keyOf(unsent.clientId), kept);
    },
    async remove(_roomId, clientId) {
      await loaded();
      const key = keys.get(clientId);
      keys.delete(clientId);
      if (key) await storage.delete(key);
    },
  };
}

/** An error is not plain data: only what the server said of it is kept. */
function plain<Unsent extends object>(unsent: Unsent): unknown {
  if (!('problem' in unsent && unsent.problem instanceof Problem)) return unsent;
  const { code, message, retryAfterMs } = unsent.problem;
  const problem: WireError = { code, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  return { ...unsent, problem };
}

function revived<Unsent extends object>(unsent: Unsent): Unsent {
  const problem = (unsent as { problem?: WireError | null }).problem;
  return problem ? { ...unsent, problem: new Problem(problem) } : unsent;
}
