// Failures as sentences that a person can act on; the codes are the server's.
import type { Code, WireError } from './wire';

export class Problem extends Error {
  readonly code: Code;
  declare readonly retryAfterMs?: number;

  constructor(error: WireError) {
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

export function signInSentence(error: WireError): string {
  switch (error.code) {
    case 'invalid_argument':
    case 'payload_too_large':
      return 'This name cannot be used. Choose one of 1 to 32 characters that can be seen.';
    case 'conflict':
      return 'Somebody already has this name. Choose another one.';
    case 'forbidden':
    case 'not_found':
      return 'This server does not let guests in. Ask whoever runs it for an account.';
    default:
      return generalSentence(error);
  }
}

export function joinSentence(error: WireError): string {
  switch (error.code) {
    case 'invalid_argument':
      return 'A room’s id is 1 to 64 letters, digits, hyphens and underscores.';
    case 'forbidden':
      return 'This room is by invitation only.';
    case 'not_found':
      return 'There is no such room here.';
    case 'rate_limited':
      return `Too many rooms at once. ${again(error)}`;
    default:
      return generalSentence(error);
  }
}

export function sendSentence(error: WireError): string {
  switch (error.code) {
    case 'payload_too_large':
      return 'Too long: a message has at most 8,000 characters.';
    case 'forbidden':
    case 'not_found':
      return 'You cannot write in this room any more.';
    case 'invalid_argument':
    case 'conflict':
      return 'The server does not take this message.';
    default:
      return generalSentence(error);
  }
}

export function generalSentence(error: WireError): string {
  switch (error.code) {
    case 'unauthenticated':
      return 'Your session has ended. Choose a name to come back.';
    case 'rate_limited':
      return `Too many tries in a short time. ${again(error)}`;
    case 'unavailable':
      return 'The server cannot be reached right now. Try again in a moment.';
    default:
      return 'Something went wrong on the server. Try again in a moment.';
  }
}

function again({ retryAfterMs }: WireError): string {
  if (retryAfterMs === undefined) return 'Try again in a moment.';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
