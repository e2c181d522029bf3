// The time between `connect` and `disconnect`: it owns every timer and listener of that time, and ends them all.

export interface Life {
  readonly over: boolean;
  /** Runs once, after `ms`, unless the life ends or the returned function is called before. */
  after(ms: number, run: () => void): () => void;
  /** Listens to a part of the page; `undefined` where there is no such part (a server, a worker). */
  listen(target: EventTarget | undefined, event: string, run: () => void): void;
  /** Runs when the life ends. */
  atEnd(run: () => void): void;
  end(): void;
}

export function createLife(): Life {
  const timers = new Set<ReturnType<typeof setTimeout>>();
  const ends: (() => void)[] = [];
  let over = false;
  return {
    get over() {
      return over;
    },
    after(ms, run) {
      if (over) return () => undefined;
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      timers.add(timer);
      return () => {
        clearTimeout(timer);
        timers.delete(timer);
      };
    },
    listen(target, event, run) {
      if (over || !target) return;
      target.addEventListener(event, run);
      ends.push(() => target.removeEventListener(event, run));
    },
    atEnd(run) {
      ends.push(run);
    },
    end() {
      if (over) return;
      over = true;
      for (const run of ends.splice(0)) run();
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
