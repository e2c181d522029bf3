// Chance that can be had again: everything random in a story comes from one number, its seed.

import { randomInt } from 'node:crypto';

/** SEED, to have a story's chances again; or a new one. */
export const seed = Number(process.env.SEED ?? randomInt(2 ** 31));

/** A generator of its own for each part of a story, so that what one does changes nothing for the others. */
export class Chance {
  constructor(part = 0) {
    this.state = (seed + Math.imul(part + 1, 0x9e3779b9)) >>> 0;
  }

  /** From 0 up to 1 (mulberry32). */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let it = this.state;
    it = Math.imul(it ^ (it >>> 15), it | 1);
    it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `low` to `high`. */
  between(low, high) {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  oneOf(list) {
    return list[this.between(0, list.length - 1)];
  }

  /** One of the keys of `weights`, as often as these say. */
  weighted(weights) {
    return this.oneOf(Object.entries(weights).flatMap(([key, weight]) => Array(weight).fill(key)));
  }
}
