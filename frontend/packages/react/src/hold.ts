// Keeps something going for as long as anybody holds it, and over a moment in which nobody does: StrictMode and a remount let go and take
// hold again at once, and must not cost a connection or a join.

interface Held {
  holders: number;
  end(): void;
  ending: ReturnType<typeof setTimeout> | undefined;
}

const held = new WeakMap<object, Held>();

/** Calls `begin` for the first of those who hold `thing`, and what that answers with after the last has let go. */
export function hold(thing: object, begin: () => () => void): () => void {
  const known = held.get(thing);
  const now: Held = known ?? { holders: 0, end: begin(), ending: undefined };
  held.set(thing, now);
  now.holders += 1;
  clearTimeout(now.ending);
  let holding = true;
  return () => {
    if (!holding) return;
    holding = false;
    now.holders -= 1;
    if (now.holders > 0) return;
    now.ending = setTimeout(() => {
      held.delete(thing);
      now.end();
    });
  };
}
