// Every wait in a story has an end, and the failure says what was awaited and what was seen instead.

import { setTimeout as pause } from 'node:timers/promises';

/** Milliseconds after which a wait fails: far above what anything here takes, even in a debug build on a busy machine. */
export const LIMIT = 30_000;

/** The promise's value, or a failure that names `what` and adds what `seen` tells. */
export async function within(promise, what, { limit = LIMIT, seen } = {}) {
  const failure = new Error();
  let timer;
  const expiry = new Promise((_, reject) => {
    timer = setTimeout(() => {
      failure.message = `did not happen within ${limit} ms: ${what}${seen ? `\n${seen()}` : ''}`;
      reject(failure);
    }, limit);
    // A wait that lost a race must not keep the process; what is waited for does.
    timer.unref();
  });
  try {
    return await Promise.race([promise, expiry]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks again and again for what can only be asked for (a process's answer, a file) until it is truthy. */
export async function until(ask, what, { limit = LIMIT, seen } = {}) {
  const failure = new Error();
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end) {
      failure.message = `did not happen within ${limit} ms: ${what}${seen ? `\n${seen()}` : ''}`;
      throw failure;
    }
    await pause(25);
  }
}
