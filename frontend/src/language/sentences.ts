// Failures as sentences that a person can act on.
import type { Problem } from '@belfry/client';

/** Of a `Problem`, what its sentence is made of. */
export type Failure = Pick<Problem, 'code' | 'retryAfterMs'>;

/** What was thrown, as a failure; what is none of the server's is one of the way there. */
export function failureOf(error: unknown): Failure {
  const known =
    typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
  return known ? (error as Failure) : { code: 'unavailable' };
}

export function joinSentence(error: Failure): string {
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

export function sendSentence(error: Failure): string {
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

/** What somebody did to a message. */
export function actSentence(error: Failure, act?: 'edit' | 'delete' | 'clap' | 'react'): string {
  switch (error.code) {
    case 'forbidden':
      if (act === undefined) return 'You may not do this to this message.';
      return act === 'edit' || act === 'delete'
        ? `You may not ${act} this message.`
        : 'Only members of the room can do this.';
    case 'not_found':
      return 'This message is not here any more.';
    case 'conflict':
      if (act === undefined) return 'This message cannot take this any more.';
      return act === 'react' ? 'This message cannot take another emoji.' : 'This message has been deleted.';
    case 'payload_too_large':
      return 'Too long: a message has at most 8,000 characters.';
    case 'invalid_argument':
      return 'The server does not take this.';
    default:
      return generalSentence(error);
  }
}

/** What somebody did to a room or its members. */
export function roomSentence(error: Failure): string {
  switch (error.code) {
    case 'forbidden':
      return 'You may not do this in this room.';
    case 'not_found':
      return 'That is not here any more.';
    case 'invalid_argument':
      return 'A name has 1 to 80 characters, a topic at most 500.';
    default:
      return generalSentence(error);
  }
}

/** A new room. */
export function newRoomSentence(error: Failure): string {
  switch (error.code) {
    case 'conflict':
      return 'There is, or was, a room with this id. Choose another one.';
    case 'invalid_argument':
      return 'A name has 1 to 80 characters, an id 1 to 64 letters, digits, hyphens and underscores.';
    case 'forbidden':
      return 'This server does not let you make rooms.';
    default:
      return generalSentence(error);
  }
}

/** What somebody asks of a person: a conversation, a look at who they are. */
export function personSentence(error: Failure): string {
  switch (error.code) {
    case 'not_found':
      return 'This person is not here any more.';
    case 'forbidden':
    case 'invalid_argument':
      return 'This person cannot be written to.';
    default:
      return generalSentence(error);
  }
}

/** A copy of a room's history: asking for it, calling it off, fetching its file. */
export function exportSentence(error: Failure): string {
  switch (error.code) {
    case 'forbidden':
      return 'Only those who may read the room may take its history with them.';
    case 'not_found':
      return 'This export is not kept any more. Start it again.';
    case 'conflict':
      return 'This export has ended already.';
    case 'rate_limited':
      return `You have asked for many exports. ${again(error)}`;
    default:
      return generalSentence(error);
  }
}

export function memberSentence(error: Failure): string {
  switch (error.code) {
    case 'conflict':
      return 'The room needs an owner: make somebody else one first.';
    case 'not_found':
      return 'This person is not here any more.';
    default:
      return roomSentence(error);
  }
}

export function generalSentence(error: Failure): string {
  switch (error.code) {
    case 'unauthenticated':
      return 'Your session has ended. Sign in to come back.';
    case 'rate_limited':
      return `Too many tries in a short time. ${again(error)}`;
    case 'unavailable':
      return 'The server cannot be reached right now. Try again in a moment.';
    default:
      return 'Something went wrong on the server. Try again in a moment.';
  }
}

function again({ retryAfterMs }: Failure): string {
  if (retryAfterMs === undefined) return 'Try again in a moment.';
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  return `Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
}
