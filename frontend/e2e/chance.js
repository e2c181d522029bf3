// Chance that can be repeated: the same seed gives the same story.

/** A seed that is named when a story fails; SEED repeats one. */
export function seedOf(test) {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  test.diagnostic(`SEED=${seed}`);
  return seed;
}

/** Whole numbers: `below(n)` is from 0 to n - 1. */
export function chance(seed) {
  let state = seed >>> 0;
  return {
    below(most) {
      // mulberry32, in the public domain.
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
    },
  };
}
