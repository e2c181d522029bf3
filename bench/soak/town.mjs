// Everybody who takes part: who they are, how they reach the replicas, and how all of them go home.

import { Seen } from './acts.mjs';
import { Person } from './person.mjs';
import { token } from './tokens.mjs';

const VIA = [['websocket'], ['websocket'], ['websocket'], ['polling'], ['polling', 'websocket']];
/** Milliseconds for an answer over REST; a password takes long on a busy machine. */
const ANSWER = 30_000;

export class Town {
  people = new Set();
  seen = new Seen();
  #turn = 0;

  constructor({ urls, ledger, rooms, names }) {
    Object.assign(this, { urls, ledger, rooms, names });
    this.rest = this.restOf(undefined);
  }

  token(id) {
    return token(id, id);
  }

  /** Somebody who has not connected yet; without `via`, by one transport or another. */
  person({ user, token = this.token(user.id), via }) {
    const first = this.#turn++;
    const person = new Person({ ledger: this.ledger, user, token, urls: this.urls, first, via: via ?? VIA[first % VIA.length] });
    this.people.add(person);
    return person;
  }

  leaves(person, hard = false) {
    this.people.delete(person);
    person.goes(hard);
  }

  /** Calls of one bearer over any replica; an answer with another status than is wanted is wrong. Resolves with the body. */
  restOf(bearer) {
    return async (method, path, body, statuses = [200]) => {
      const url = `${this.urls[this.#turn++ % this.urls.length]}${path}`;
      const headers = { ...(body && { 'content-type': 'application/json' }), ...(bearer && { authorization: `Bearer ${bearer}` }) };
      const response = await fetch(url, {
        method,
        headers,
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(ANSWER),
      });
      const text = await response.text();
      this.ledger.did('REST');
      if (!statuses.includes(response.status)) {
        this.ledger.wrong('an error answer over REST', `${method} ${path} ${response.status} ${text}`);
        throw new Error(`${method} ${path} was answered ${response.status} ${text.slice(0, 200)}`);
      }
      return /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : text;
    };
  }

  everybodyGoes() {
    for (const person of [...this.people]) this.leaves(person, Math.random() < 0.2);
  }
}
