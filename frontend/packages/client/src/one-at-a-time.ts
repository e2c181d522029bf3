// Work of which there is never more than one at once.

/**
 * Who asks while it is being done gets the next time, all of them the same: what is under way may not know what they know.
 * `work` never rejects.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let going: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  function now(): Promise<void> {
    if (going) {
      next ??= going.then(() => {
        next = undefined;
        return now();
      });
      return next;
    }
    going = work().finally(() => {
      going = undefined;
    });
    return going;
  }
  return now;
}
