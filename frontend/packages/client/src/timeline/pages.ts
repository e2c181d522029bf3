// Pages of history: asked for at one revision, read at another, taken in at a third, and then equal to what followed the events.
import { alike, filtered, unlessAlike } from '../derived.js';
import { Problem } from '../problem.js';
import type { HistoryPage, Message } from '../wire.js';
import { isComing } from './aside.js';
import { endOf, extended, jumped } from './lists.js';
import { amended, arrived, type Change } from './message-change.js';
import { isRun, type Span, span } from './span.js';
import type { PageState, Place, Timeline } from './timeline.js';

const UNUSABLE = { code: 'unavailable', message: 'The page does not fit the list.' } as const;

export function asked(timeline: Timeline, place: Place): Timeline {
  const known = timeline.pages.find((page) => alike(page.place, place));
  if (known && !known.problem) return timeline;
  if (!isThere(timeline, place)) return timeline;
  const others = timeline.pages.filter(
    (page) => page !== known && !('around' in place && 'around' in page.place),
  );
  const page: PageState = { place, floor: timeline.rev ?? 0, problem: null };
  return { ...timeline, pages: [...others, page] };
}

export function came(timeline: Timeline, place: Place, page: HistoryPage): Timeline {
  const known = timeline.pages.find((each) => alike(each.place, place));
  if (!known || known.problem) return timeline;
  // Only the events say what comes after the end.
  const within = page.messages.filter(({ seq }) => seq <= endOf(timeline));
  if (timeline.rev === null || page.rev < known.floor || !isRun(within) || !fits(place, within)) {
    return failed(timeline, place, new Problem(UNUSABLE));
  }
  const rest = { ...timeline, pages: timeline.pages.filter((each) => each !== known) };
  const first = within[0];
  if (!first) return withoutOlder(rest, place);
  const hasOlder = 'before' in place ? page.hasMore : first.seq > 1;
  const list = span(caughtUp(within, timeline.aside, timeline.me.id), hasOlder);
  return 'around' in place ? jumped(rest, list) : extended(rest, list);
}

/** A page that did not come, where somebody may ask for it again at the end of a list. */
export function failed(timeline: Timeline, place: Place, problem: Problem): Timeline {
  const known = timeline.pages.find((each) => alike(each.place, place));
  if (!known || known.problem) return timeline;
  const others = timeline.pages.filter((each) => each !== known);
  return { ...timeline, pages: 'around' in place ? others : [...others, { ...known, problem }] };
}

/** Forgets the pages for ends that no list has any more, and what was put aside for nobody. */
export function pruned(timeline: Timeline): Timeline {
  const pages = filtered(timeline.pages, ({ place }) => isThere(timeline, place));
  const coming = pages.some(isComing);
  const aside = filtered(timeline.aside, () => coming);
  return unlessAlike(timeline, { ...timeline, pages, aside });
}

function isThere({ tail, window }: Timeline, place: Place): boolean {
  if ('around' in place) return true;
  if ('after' in place) return window?.messages.at(-1)?.seq === place.after;
  return tail.messages[0]?.seq === place.before || window?.messages[0]?.seq === place.before;
}

/** Whether these go on from the end that they were asked for. */
function fits(place: Place, messages: readonly Message[]): boolean {
  if ('around' in place) return messages.some(({ seq }) => seq === place.around);
  if ('after' in place) return messages[0]?.seq === place.after + 1;
  return messages.length === 0 || messages.at(-1)?.seq === place.before - 1;
}

/** There was nothing before. */
function withoutOlder(timeline: Timeline, place: Place): Timeline {
  const without = (list: Span): Span =>
    'before' in place && list.messages[0]?.seq === place.before ? span(list.messages, false) : list;
  return { ...timeline, tail: without(timeline.tail), window: timeline.window && without(timeline.window) };
}

/** The messages as they are now, wherever the page was read: each says at which revision it was. */
function caughtUp(messages: readonly Message[], aside: readonly Change[], me: string): Message[] {
  return messages.map((message) =>
    aside.reduce<Message>(
      (known, change) =>
        change.id === known.id && change.rev > known.rev ? amended(known, change, me) : known,
      arrived(message),
    ),
  );
}
