// An issuer of tokens that is none of ours: it has keys, signs with them, and publishes the public ones, well or badly.

import { generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const kinds = {
  RS256: { make: ['rsa', { modulusLength: 2048 }], sign: ['sha256', {}] },
  ES256: { make: ['ec', { namedCurve: 'P-256' }], sign: ['sha256', { dsaEncoding: 'ieee-p1363' }] },
  EdDSA: { make: ['ed25519', {}], sign: [null, {}] },
};

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A key pair for `alg`; `jwk` is what is published of it. */
export class Key {
  constructor(kid, alg = 'EdDSA') {
    const [type, options] = kinds[alg].make;
    const { publicKey, privateKey } = generateKeyPairSync(type, options);
    this.kid = kid;
    this.alg = alg;
    this.publicKey = publicKey;
    this.privateKey = privateKey;
    this.jwk = { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' };
  }

  /** A token for `sub`; `expiresIn` in seconds; other claims as given. */
  signs({ sub, name, expiresIn = 600, ...others }, header = {}) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub, name, iat: now, exp: now + expiresIn, ...others };
    const body = `${encoded({ alg: this.alg, typ: 'JWT', kid: this.kid, ...header })}.${encoded(claims)}`;
    const [digest, options] = kinds[this.alg].sign;
    const signature = sign(digest, Buffer.from(body), { key: this.privateKey, ...options });
    return `${body}.${signature.toString('base64url')}`;
  }
}

/** What keys look like when they are published. */
export const published = (...keys) => JSON.stringify({ keys: keys.map((key) => key.jwk) });

/** A web server that publishes keys; `answers` says how, and may be changed at any time. */
export class Issuer {
  asked = 0;

  static async opens(t) {
    const issuer = new Issuer();
    issuer.server = createServer((request, response) => {
      issuer.asked += 1;
      issuer.answers(request, response);
    });
    await issuer.opensAt(0);
    t.after(() => issuer.closes());
    return issuer;
  }

  async opensAt(port) {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}/jwks.json`;
  }

  /** Gone: connections are refused, until `opensAt(port)`. */
  async closes() {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  publishes(...keys) {
    this.says(published(...keys));
  }

  says(text) {
    this.answers = (_, response) => response.setHeader('content-type', 'application/json').end(text);
  }
}
