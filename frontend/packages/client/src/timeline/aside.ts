// Changes kept for the pages that are on their way, which may have been read before them.
import type { Change } from './message-change.js';
import type { PageState, Timeline } from './timeline.js';

/** Whichever list the message is in now: lists come and go. */
export function setAside(timeline: Timeline, change: Change): Timeline {
  const { pages, aside, limits, rev } = timeline;
  if (!pages.some(isComing)) return timeline;
  if (aside.length < limits.aside) return { ...timeline, aside: [...aside, change] };
  return { ...timeline, aside: [], pages: pages.map((page) => ({ ...page, floor: rev ?? 0 })) };
}

export function isComing({ problem }: PageState): boolean {
  return problem === null;
}
