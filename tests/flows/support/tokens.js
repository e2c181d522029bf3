// Tokens as an application of its own would sign them: HS256 with the secret that the server knows.

import { createHmac } from 'node:crypto';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JWT for `sub` with the name `name`; `expiresIn` in seconds may be negative; other claims and fields of the header as given. */
export function signed(secret, { sub, name, expiresIn = 3600, ...others }, header = {}) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub, name, iat: now, exp: now + expiresIn, ...others };
  const body = `${encoded({ alg: 'HS256', typ: 'JWT', ...header })}.${encoded(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}
