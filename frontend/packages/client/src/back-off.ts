// How long to wait before something is tried again.
import type { WireError } from './wire.js';

/** Somewhere from half of it to all of it, so that many clients do not come at once. */
export function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}

/** After so many tries that failed, from 1 on: twice as long each time, `longest` at most, in milliseconds. */
export function backOff(tries: number, first: number, longest: number): number {
  return jittered(Math.min(longest, first * 2 ** (tries - 1)));
}

/** Whether the same may be taken later. */
export function isPassing({ code }: Pick<WireError, 'code'>): boolean {
  return code === 'unavailable' || code === 'rate_limited';
}
