// Brings other parts of one room's history: upward and downward from what is shown, and the part around one message.

import { READY_LIMIT_MS, ROOM_PAGING_PAGE } from './bounds.js';
import { asProblem } from './problem.js';
import type { Rest } from './rest.js';
import type { RoomStore } from './room-store.js';
import { newerPlace, olderPlace, type Place, type Span, whereIs } from './timeline/timeline.js';
import type { HistoryPage } from './wire.js';

export interface Paging {
  loadOlder(): void;
  loadNewer(): void;
  seek(place: number | string): Promise<boolean>;
  toEnd(): void;
  /** Another history has taken the window away in which the reader stood: it is asked for again around the same place. */
  windowLost(window: Span): void;
}

export function createPaging(store: RoomStore, { ask }: Pick<Rest, 'ask'>): Paging {
  let sought: number | undefined;

  async function load(place: Place): Promise<void> {
    store.move({ type: 'pageAsked', place });
    try {
      const path = `/rooms/${encodeURIComponent(store.id)}/messages`;
      const page = await ask<HistoryPage>(path, { query: { ...place, limit: ROOM_PAGING_PAGE } });
      store.move({ type: 'pageCame', place, page });
    } catch (error) {
      store.move({ type: 'pageFailed', place, problem: asProblem(error) });
    }
  }

  /** Whether it is shown now. */
  function show(place: number | string): boolean {
    const found = whereIs(store.timeline(), place);
    if (found?.in === 'tail') store.move({ type: 'toEnd' });
    return found !== null;
  }

  /** Whether there is a first history: nothing can be put before or after a list that is not there. */
  function ready(): Promise<boolean> {
    const isReady = () => store.timeline().rev !== null;
    if (isReady()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        resolve(isReady());
      };
      const timer = setTimeout(done, READY_LIMIT_MS);
      const stop = store.messages.subscribe(() => {
        const { status } = store.messages.get();
        if (status !== 'loading') done();
      });
    });
  }

  return {
    loadOlder() {
      const place = olderPlace(store.timeline());
      if (place) void load(place);
    },
    loadNewer() {
      const place = newerPlace(store.timeline());
      if (place) void load(place);
    },
    async seek(place) {
      if (show(place)) return true;
      if (!(await ready())) return false;
      if (show(place)) return true;
      if (typeof place === 'string') return false;
      sought = place;
      await load({ around: place });
      return show(place);
    },
    toEnd() {
      sought = undefined;
      store.move({ type: 'toEnd' });
    },
    windowLost({ messages }) {
      const middle = messages[messages.length >> 1]?.seq;
      const place = messages.some(({ seq }) => seq === sought) ? sought : middle;
      if (place !== undefined && !whereIs(store.timeline(), place)) void load({ around: place });
    },
  };
}
