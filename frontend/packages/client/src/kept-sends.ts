// Messages that were written and not acknowledged, kept until they are: over cuts, reloads and other tabs.

import { DIGITS } from './bounds.js';
import { Problem } from './problem.js';
import type { Shelf } from './shelf.js';
import type { Pending } from './timeline/timeline.js';
import type { WireError } from './wire.js';

/** Nothing rejects. */
export interface KeptSends<Unsent> {
  /** What waits in each room, in the order written; also what other tabs of this browser wait to send. */
  load(): Promise<Map<string, Unsent[]>>;
  /** Keeps it, or what has become of it. */
  put(roomId: string, unsent: Unsent): Promise<void>;
  remove(clientId: string): Promise<void>;
}

interface Kept<Unsent> {
  roomId: string;
  unsent: Unsent;
}

const PREFIX = 'unsent/';
/** Comes after all digits. */
const LATER = 'unsent/~';

/**
 * One record a message, so that tabs do not overwrite each other's. A record's key begins with a number that counts up: the order
 * written, whatever the clock says. What is written before the numbers in use are known gets its own after the load.
 */
export function createKeptSends<Unsent extends { clientId: string } = Pending>(
  shelf: Shelf,
): KeptSends<Unsent> {
  const keys = new Map<string, string>();
  const early = new Map<string, Kept<unknown>>();
  let highest = 0;
  let earliest = 0;
  let first: Promise<unknown> | undefined;
  let loaded = false;

  async function load(): Promise<Map<string, Unsent[]>> {
    const rooms = new Map<string, Unsent[]>();
    const loading = shelf.list<Kept<Unsent>>(PREFIX);
    first ??= loading;
    const entries = await loading;
    loaded = true;
    // Ascending: all numbers are known when the first comes that has none.
    for (const [key, kept] of entries) {
      const { roomId, unsent } = kept;
      const { clientId } = unsent;
      if (!key.startsWith(LATER)) {
        keys.set(clientId, key);
        highest = Math.max(highest, Number(key.slice(PREFIX.length, PREFIX.length + DIGITS)) || 0);
      } else if (!early.has(clientId)) number(clientId, key, kept);
      rooms.set(roomId, [...(rooms.get(roomId) ?? []), revived(unsent)]);
    }
    for (const [clientId, kept] of early) number(clientId, keys.get(clientId), kept);
    early.clear();
    return rooms;
  }

  function number(clientId: string, before: string | undefined, kept: Kept<unknown>) {
    keys.delete(clientId);
    void shelf.put(keyOf(clientId), kept);
    if (before) void shelf.put(before, undefined);
  }

  function keyOf(clientId: string): string {
    let key = keys.get(clientId);
    if (!key) {
      const count = loaded ? ++highest : ++earliest;
      key = `${loaded ? PREFIX : LATER}${String(count).padStart(DIGITS, '0')}/${clientId}`;
      keys.set(clientId, key);
    }
    return key;
  }

  return {
    load,
    put(roomId, unsent) {
      const kept: Kept<unknown> = { roomId, unsent: plain(unsent) };
      if (!loaded) early.set(unsent.clientId, kept);
      return shelf.put(keyOf(unsent.clientId), kept);
    },
    async remove(clientId) {
      // What another page wrote has a key that only a load tells.
      if (!keys.has(clientId)) await (first ?? load());
      const key = keys.get(clientId);
      keys.delete(clientId);
      early.delete(clientId);
      if (key) await shelf.put(key, undefined);
    },
  };
}

/** An error is not plain data: only what the server said of it is kept. */
function plain<Unsent extends object>(unsent: Unsent): unknown {
  if (!('problem' in unsent && unsent.problem instanceof Problem)) return unsent;
  const { code, message, retryAfterMs } = unsent.problem;
  return { ...unsent, problem: { code, message, retryAfterMs } };
}

function revived<Unsent extends object>(unsent: Unsent): Unsent {
  const problem = (unsent as { problem?: WireError | null }).problem;
  return problem ? { ...unsent, problem: new Problem(problem) } : unsent;
}
