// The REST interface as a plain HTTP client uses it.

import assert from 'node:assert/strict';
import { checkAnswer, isPublished } from './described.js';
import { LIMIT } from './limits.js';

export class Rest {
  /** `isDescribed`: whether it is the interface that the descriptions are about, which answers are then held to. */
  constructor(base, token, { isDescribed = true } = {}) {
    this.base = base;
    this.token = token;
    this.isDescribed = isDescribed;
  }

  get(path) {
    return this.#call('GET', path);
  }

  post(path, body) {
    if (path === '/api/publish' && typeof body?.event === 'string') isPublished(body.event);
    return this.#call('POST', path, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  patch(path, body) {
    return this.#call('PATCH', path, JSON.stringify(body), { 'content-type': 'application/json' });
  }

  delete(path) {
    return this.#call('DELETE', path);
  }

  /** POST of a body that is sent as it stands. */
  postRaw(path, body, headers = { 'content-type': 'application/json' }) {
    return this.#call('POST', path, body, headers);
  }

  async #call(method, path, body, headers = {}) {
    const authorization = this.token === undefined ? {} : { authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.base}${path}`, {
      method,
      body,
      headers: { ...headers, ...authorization },
      signal: AbortSignal.timeout(LIMIT),
    });
    const text = await response.text();
    const type = response.headers.get('content-type') ?? '';
    const answer = {
      status: response.status,
      type,
      headers: response.headers,
      text,
      body: /json/.test(type) ? JSON.parse(text) : undefined,
    };
    if (this.isDescribed) checkAnswer(method, path, answer);
    return answer;
  }
}

/** The body of an answer that must have this status. */
export function answered(answer, status) {
  assert.equal(answer.status, status, `${answer.status} ${answer.type} ${answer.text}`);
  return answer.body;
}

/** The answer is a problem description of RFC 9457 with this status and this code. */
export function isProblem(answer, status, code) {
  const told = `${answer.status} ${answer.type} ${answer.text}`;
  assert.equal(answer.status, status, told);
  assert.match(answer.type, /^application\/problem\+json\b/, told);
  assert.equal(answer.body.code, code, told);
  assert.equal(answer.body.status ?? status, status, told);
  assert.equal(typeof answer.body.title, 'string', told);
}
