// Who a token is for, by what it says itself. Nothing is verified here: the server does that.
import type { User } from './wire.js';

/** `null` where the token is none that can be read. */
export function whoIs(token: string): User | null {
  try {
    const claims = JSON.parse(decoded(token.split('.')[1] ?? '')) as Record<string, unknown>;
    const { sub, name, preferred_username } = claims;
    if (typeof sub !== 'string' || sub === '') return null;
    const username = [name, preferred_username].find((each) => typeof each === 'string' && each !== '');
    return { id: sub, username: (username as string | undefined) ?? sub, status: 'online' };
  } catch {
    return null;
  }
}

function decoded(part: string): string {
  const bytes = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
  return new TextDecoder().decode(Uint8Array.from(bytes, (letter) => letter.charCodeAt(0)));
}
