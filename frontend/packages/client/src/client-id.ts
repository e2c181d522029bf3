// A name for a message that its server has not seen yet, so that sending it again makes no second one.

/** By `getRandomValues`: `crypto.randomUUID` exists only where the page came over https or from this machine. */
export function newClientId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
