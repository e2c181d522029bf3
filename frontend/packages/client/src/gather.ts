// Gathers taps of one kind into few packets: one goes when the finger rests, or after two seconds of tapping, and the next one
import { LONGEST_MS, REST_MS } from './bounds.js';
// not before the last was answered.

export interface Gatherer {
  tap(key: string): void;
  /** Sends what is gathered now: nobody may be here to do it later. */
  flush(): void;
  /** Forgets what is not sent. */
  drop(key: string): void;
}

interface Heap {
  count: number;
  since: number;
  flying: boolean;
  /** Its time came while the last one was flying. */
  due: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export function createGatherer(send: (key: string, count: number) => Promise<void>): Gatherer {
  const heaps = new Map<string, Heap>();

  function go(key: string) {
    const heap = heaps.get(key);
    if (!heap) return;
    clearTimeout(heap.timer);
    if (heap.flying) {
      heap.due = true;
      return;
    }
    if (heap.count === 0) return void heaps.delete(key);
    const { count } = heap;
    heap.count = 0;
    heap.due = false;
    heap.flying = true;
    void send(key, count).finally(() => {
      heap.flying = false;
      if (heap.due || heap.count === 0) go(key);
    });
  }

  return {
    tap(key) {
      const now = Date.now();
      const heap = heaps.get(key) ?? { count: 0, since: now, flying: false, due: false, timer: undefined };
      heaps.set(key, heap);
      if (heap.count === 0) heap.since = now;
      heap.count += 1;
      clearTimeout(heap.timer);
      const wait = Math.min(REST_MS, Math.max(0, heap.since + LONGEST_MS - now));
      heap.timer = setTimeout(() => go(key), wait);
    },
    flush() {
      for (const key of heaps.keys()) go(key);
    },
    drop(key) {
      const heap = heaps.get(key);
      if (heap) heap.count = 0;
    },
  };
}
