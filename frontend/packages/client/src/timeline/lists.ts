// The two lists of a timeline: the tail, which ends at the newest message, and the window, somewhere before it.
import type { Message } from '../wire.js';
import { setAside } from './aside.js';
import { amended, arrived, type Change, isMessage } from './message-change.js';
import { indexIn, type Span, span, touch, united } from './span.js';
import type { Timeline } from './timeline.js';

export function shownSpan({ window, tail }: Timeline): Span {
  return window ?? tail;
}

/** The `seq` of the newest message, 0 when there is none. */
export function endOf({ tail }: Timeline): number {
  return tail.messages.at(-1)?.seq ?? 0;
}

/** Another tail, and nothing else: in what was held, changes may have been missed. What is at the same `rev` is the same. */
export function replaced(
  timeline: Timeline,
  rev: number,
  messages: readonly Message[],
  hasOlder: boolean,
): Timeline {
  const lists = [timeline.tail, timeline.window ?? span([], false)];
  const known = new Map(lists.flatMap((list) => list.messages.map((each) => [each.id, each])));
  const fresh = messages.map((each) => {
    const was = known.get(each.id);
    return was?.rev === each.rev ? was : arrived(each);
  });
  const tail = span(fresh, hasOlder);
  // Somebody still waits for a jump; the ends that other pages were asked for are gone.
  const pages = timeline.pages
    .filter(({ place }) => 'around' in place)
    .map((page) => ({ ...page, floor: rev }));
  const epoch = timeline.epoch + 1;
  return { ...timeline, rev, tail, window: null, epoch, pages, aside: [], gap: false };
}

/** Puts a change where it belongs; a message's own `rev` decides whether it is news. */
export function put(timeline: Timeline, change: Change): Timeline {
  const known = setAside(timeline, change);
  for (const which of ['tail', 'window'] as const) {
    const list = known[which];
    const index = list ? indexIn(list, change) : -1;
    const message = list?.messages[index];
    if (!list || !message) continue;
    if (change.rev <= message.rev) return known;
    const messages = list.messages.with(index, amended(message, change, known.me.id));
    return { ...known, [which]: span(messages, list.hasOlder) };
  }
  if (!('seq' in change) || change.seq <= endOf(known)) return known;
  // What does not follow the end cannot be: load everything again.
  if (!isMessage(change) || change.seq !== endOf(known) + 1) return { ...known, rev: null, gap: true };
  return appended(known, arrived(change));
}

function appended(timeline: Timeline, message: Message): Timeline {
  const { tail, window, limits } = timeline;
  const longer = span([...tail.messages, message], tail.hasOlder);
  const [most, keep] = window ? [2 * limits.end, limits.end] : [limits.held, half(timeline)];
  return { ...timeline, tail: longer.messages.length > most ? newest(longer, keep) : longer };
}

/** Takes in messages that are a run within the room's history and were caught up with; shown where they touch what is shown. */
export function extended(timeline: Timeline, list: Span): Timeline {
  const { tail, window } = timeline;
  if (window && touch(window, list)) {
    const way = (list.messages[0]?.seq ?? 0) < (window.messages[0]?.seq ?? 0) ? 'up' : 'down';
    return joined({ ...timeline, window: united(window, list) }, way);
  }
  if (touch(tail, list)) return joined({ ...timeline, tail: united(tail, list) }, 'up');
  return timeline;
}

/** Shows the part of the history that an `around` page has brought. */
export function jumped(timeline: Timeline, list: Span): Timeline {
  const { tail, window, epoch, limits } = timeline;
  if (window && touch(window, list)) return extended(timeline, list);
  if (!touch(tail, list))
    return { ...timeline, window: list, tail: newest(tail, limits.end), epoch: epoch + 1 };
  const longer = extended(timeline, list);
  return longer.window && longer.window === window ? { ...longer, window: null, epoch: epoch + 1 } : longer;
}

/** Makes one of the two where they touch, and holds the bound; `way`: where the reader is going. */
function joined(timeline: Timeline, way: 'up' | 'down'): Timeline {
  const { tail, window, limits } = timeline;
  if (window && touch(window, tail)) {
    return joined({ ...timeline, tail: united(tail, window), window: null }, way);
  }
  const keep = half(timeline);
  if (window && window.messages.length > limits.held) {
    const shorter = way === 'up' ? oldest(window, keep) : newest(window, keep);
    return joined({ ...timeline, window: shorter }, way);
  }
  if (window) {
    return tail.messages.length > 2 * limits.end ? { ...timeline, tail: newest(tail, limits.end) } : timeline;
  }
  if (tail.messages.length <= limits.held) return timeline;
  if (way === 'down') return { ...timeline, tail: newest(tail, keep) };
  return { ...timeline, window: oldest(tail, keep), tail: newest(tail, limits.end) };
}

export function withoutWindow(timeline: Timeline): Timeline {
  const pages = timeline.pages.filter(({ place }) => !('around' in place));
  if (timeline.window) return { ...timeline, pages, window: null, epoch: timeline.epoch + 1 };
  return pages.length < timeline.pages.length ? { ...timeline, pages } : timeline;
}

export function withoutOldest(timeline: Timeline, keep: number): Timeline {
  const tail = newest(timeline.tail, keep);
  return tail === timeline.tail ? timeline : { ...timeline, tail };
}

/** At least one stays: the end must be known. */
function newest(list: Span, keep: number): Span {
  const most = Math.max(1, keep);
  return list.messages.length <= most ? list : span(list.messages.slice(-most), true);
}

function oldest({ messages, hasOlder }: Span, keep: number): Span {
  return span(messages.slice(0, keep), hasOlder);
}

function half({ limits }: Timeline): number {
  return Math.ceil(limits.held / 2);
}
