// A name for a message that its server has not seen yet, so that sending it again makes no second one.

/** `crypto.randomUUID` exists only where the page came over https or from this machine. */
export function newClientId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
