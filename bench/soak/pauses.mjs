// Waits of people who have nothing to wait for, cut short when the load ends.

import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const end = new AbortController();
// Everybody who rests listens.
setMaxListeners(0, end.signal);

/** Milliseconds of rest; less where the load ends meanwhile. */
export async function pause(milliseconds) {
  await wait(milliseconds, undefined, { signal: end.signal }).catch(() => {});
}

/** From now on nobody rests. */
export function wakeEverybody() {
  end.abort();
}
