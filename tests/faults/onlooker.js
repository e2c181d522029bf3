// Somebody who watches rooms at one replica, or at any: checked packet by packet, resuming with `since` after every cut, timed.

import { setTimeout as pause } from 'node:timers/promises';
import { brief } from '../flows/support/person.js';
import { comesBack } from './writer.js';

/** The joins of a socket take effect one after the other, and while the store is away each may take its 3 s, and 3 s more for the history. */
const JOIN_LIMIT = 6_000;

export class Onlooker {
  /** Room -> watcher. */
  watchers = new Map();
  /** Room -> `[rev, at]`, rising: when it had been carried to that revision. */
  reached = new Map();
  /** Room -> `{ from, to }`: while it was joined. */
  stays = new Map();
  cuts = 0;

  /** `place`: the replica's, or `'any'`. */
  constructor(person, place, ledger, rooms) {
    Object.assign(this, { person, place, ledger, rooms });
    for (const room of rooms) {
      this.watchers.set(room, person.watches(room));
      this.reached.set(room, []);
      this.stays.set(room, []);
    }
    person.follow((entry) => this.#notes(entry));
    comesBack(person, ledger);
  }

  /** Resolves when it has joined all rooms for the first time. */
  async joins() {
    await Promise.all(this.rooms.map((room) => this.#joins(room)));
  }

  isIn(room) {
    return this.person.socket.connected && this.stays.get(room).at(-1)?.to === Number.POSITIVE_INFINITY;
  }

  /** When it had `rev` of the room, having been joined from `at` on for `limit` ms, or infinity; nothing where it was not joined. */
  had(room, rev, at, limit) {
    const stayed = this.stays.get(room).some(({ from, to }) => from <= at && to >= at + limit);
    if (!stayed) return undefined;
    const reached = this.reached.get(room);
    let [low, high] = [0, reached.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (reached[middle][0] >= rev) high = middle;
      else low = middle + 1;
    }
    return reached[low]?.[1] ?? Number.POSITIVE_INFINITY;
  }

  #notes({ kind }) {
    const now = Date.now();
    for (const [room, watcher] of this.watchers) {
      const reached = this.reached.get(room);
      if (watcher.rev !== undefined && watcher.rev > (reached.at(-1)?.[0] ?? -1)) reached.push([watcher.rev, now]);
    }
    if (kind === 'cut') {
      this.cuts += 1;
      for (const stays of this.stays.values()) {
        const last = stays.at(-1);
        if (last) last.to = Math.min(last.to, now);
      }
    } else if (kind === 'connect' && this.reached.values().next().value.length > 0) {
      for (const room of this.rooms) this.#joins(room);
    }
  }

  async #joins(room) {
    const { person, ledger } = this;
    const { id } = person.socket;
    const isStill = () => person.socket.connected && person.socket.id === id;
    while (isStill()) {
      const from = Date.now();
      const since = this.watchers.get(room).rev;
      try {
        const asked = since === undefined ? room : { roomId: room, since };
        const ack = await person.tries('join:room', asked, JOIN_LIMIT * this.rooms.length);
        if (ack.ok) {
          this.stays.get(room).push({ from: Date.now(), to: Number.POSITIVE_INFINITY });
          return;
        }
        if (!/^(unavailable|rate_limited)$/.test(ack.error.code)) {
          ledger.wrongs.push(`${person.name} joining ${room} was answered ${brief(ack.error)}`);
          return;
        }
        await pause(50 + 150 * Math.random());
      } catch {
        if (!isStill()) return;
        // What was asked for may still come: only a new connection tells what belongs to what.
        ledger.silences.push({ from, to: Date.now(), who: person.name, what: 'join:room', place: this.place });
        person.socket.io.engine.close();
      }
    }
  }
}
