// Failures, with the server's stable codes. What a person is told about one is the page's business.
import type { Code, WireError } from './wire.js';

export class Problem extends Error {
  readonly code: Code;
  declare readonly retryAfterMs?: number;

  constructor(error: Omit<WireError, 'retryAfterMs'> & { retryAfterMs?: number | undefined }) {
    super(error.message);
    this.code = error.code;
    if (error.retryAfterMs !== undefined) this.retryAfterMs = error.retryAfterMs;
  }
}

/** What a request that brought no answer at all comes to. */
export const UNREACHABLE: WireError = {
  code: 'unavailable',
  message: 'The server cannot be reached right now.',
};

/** What waits for a room comes to where it is not open to the user, or not any more. */
export const NO_MEMBER: WireError = { code: 'forbidden', message: 'You are not a member of this room.' };

/** For what may be anything: a failure without a code is one of the way to the server. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(UNREACHABLE);
}
