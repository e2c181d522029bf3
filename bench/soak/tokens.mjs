// Tokens as an application of its own would sign them: HS256 with the secret that the replicas know.

import { createHmac } from 'node:crypto';
import { SECRET } from './stage.mjs';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token for the user `sub`, called `name`, good for six hours. */
export function token(sub, name) {
  const exp = Math.floor(Date.now() / 1000) + 6 * 3600;
  const body = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded({ sub, name, exp })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}
