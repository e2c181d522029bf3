// The part of the list that is in the page, and what holds still: at the end it follows what comes; elsewhere what is read stays where
// it is, whatever is put above it or grows. Measuring and holding is TanStack Virtual's, anchored at the end.
import { defaultRangeExtractor, elementScroll, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { rowHeight } from './row-height';
import type { Row } from './rows';
import type { Standing } from './scroll-memory';
import { END_SLACK_PX, useFollowing } from './use-following';

/** Reserved above and below for what is loaded, so that its coming moves nothing. */
export const LOADING_PX = 208;
const TOP_PX = 16;
const BOTTOM_PX = 12;
const NEAR_PX = 600;
const MOST_ROWS = 56;
const OVERSCAN = 8;

interface Wish {
  rows: readonly Row[];
  scroller: RefObject<HTMLElement | null>;
  hasOlder: boolean;
  hasNewer: boolean;
  epoch: number;
  /** Rows that stay in the page wherever one scrolls: with the focus, or with something begun in them. */
  kept: readonly (string | null)[];
  standing: Standing | undefined;
  onNearTop(): void;
  onNearEnd(): void;
}

export interface MessageWindow {
  /** What is in the page: indexes of rows, and where they stand. */
  readonly items: readonly { readonly index: number; readonly start: number }[];
  readonly height: number;
  readonly measure: (row: HTMLElement | null) => void;
  /** The newest message is in view. */
  readonly atEnd: boolean;
  /** The `seq` of the uppermost message that can be seen; `null` until known. */
  readonly topSeq: number | null;
  /** The lowest row that can be seen. */
  readonly lastSeen: number | null;
  toEnd(): void;
  /** `auto`: only as far as it takes to see it. */
  toRow(index: number, align: 'center' | 'auto'): void;
  /** Where the reader stands, to come back to. */
  stand(): Standing;
}

export function useMessageWindow(wish: Wish): MessageWindow {
  const { rows, scroller, hasOlder, hasNewer, epoch, kept, standing, onNearTop, onNearEnd } = wish;
  const padding = { above: hasOlder ? LOADING_PX : TOP_PX, below: hasNewer ? LOADING_PX : BOTTOM_PX };
  const width = useRef(standing?.width ?? 0);
  const guesses = useRef(new Map<string, number>());
  const [start] = useState(() => beginning(standing, epoch, rows, padding.above));
  // What comes at the lower end of a part of the past is not followed, the last page of it neither.
  const wasInPast = useRef(hasNewer);
  const keys = kept.filter((key) => key !== null).join('\n');
  const follow = useFollowing(scroller, start.atEnd && !hasNewer);

  const rangeExtractor = useCallback(
    (range: Range) => {
      const seen = range.endIndex - range.startIndex + 1;
      const overscan = Math.max(1, Math.min(OVERSCAN, Math.floor((MOST_ROWS - seen) / 2)));
      const indexes = defaultRangeExtractor({ ...range, overscan });
      const [from = 0, to = -1] = [indexes[0], indexes.at(-1)];
      for (const key of keys === '' ? [] : keys.split('\n')) {
        const index = rows.findIndex((row) => row.key === key);
        if (index !== -1 && index < from) indexes.unshift(index);
        else if (index > to) indexes.push(index);
      }
      return [...new Set(indexes)].sort((a, b) => a - b);
    },
    [rows, keys],
  );

  const virtual = useVirtualizer<HTMLElement, HTMLElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    estimateSize: (index) => guessed(guesses.current, rows[index], width.current),
    rangeExtractor,
    anchorTo: 'end',
    followOnAppend: !hasNewer && !wasInPast.current,
    scrollEndThreshold: END_SLACK_PX,
    scrollToFn: useCallback(
      (offset, options, instance) => {
        const scrolls = () => elementScroll(offset, options, instance);
        // Only what somebody asked for says how to go there.
        if (options.behavior === undefined) follow.unmoved(scrolls);
        else scrolls();
      },
      [follow],
    ),
    paddingStart: padding.above,
    paddingEnd: padding.below,
    initialOffset: start.offset,
    initialMeasurementsCache: start.heights,
  });

  // The uppermost row that is wholly in view, when somebody last scrolled: what is above it must not push it, also where that came into
  // view only now, in the place that was kept for it.
  const held = useRef<string | null>(null);
  const heldIndex = useRef<{ rows: readonly Row[]; key: string | null; index: number }>({
    rows,
    key: null,
    index: -1,
  });
  virtual.shouldAdjustScrollPositionOnItemSizeChange = (
    item,
    _,
    { itemSizeCache, scrollOffset, scrollDirection },
  ) => {
    const offset = scrollOffset ?? 0;
    // Seen before: it has grown under the reader's eyes, if not wholly above them.
    if (itemSizeCache.has(item.key)) return item.end <= offset && scrollDirection !== 'backward';
    if (heldIndex.current.rows !== rows || heldIndex.current.key !== held.current) {
      const key = held.current;
      heldIndex.current = { rows, key, index: key === null ? -1 : rows.findIndex((row) => row.key === key) };
    }
    return item.start < offset || item.index < heldIndex.current.index;
  };

  const [atEnd, setAtEnd] = useState(!hasNewer && start.atEnd);
  const [topSeq, setTopSeq] = useState<number | null>(null);
  const latest = useRef({ rows, hasNewer, onNearTop, onNearEnd });
  latest.current = { rows, hasNewer, onNearTop, onNearEnd };

  const look = useCallback(
    (scrolled: boolean) => {
      const box = scroller.current;
      const { rows } = latest.current;
      if (!box || box.clientHeight === 0 || rows.length === 0) return;
      const ends = !latest.current.hasNewer && !wasInPast.current;
      if (follow.fellBehind(ends)) {
        virtual.scrollToEnd();
        follow.fellBehind(ends);
      }
      const below = follow.below();
      setAtEnd(below <= END_SLACK_PX && !latest.current.hasNewer);
      const at = virtual.getVirtualItemForOffset(box.scrollTop);
      const top = rows[at?.index ?? 0];
      setTopSeq(top?.kind === 'message' ? top.message.seq : 0);
      if (scrolled && at)
        held.current = rows[at.start < box.scrollTop ? at.index + 1 : at.index]?.key ?? null;
      if (box.scrollTop <= NEAR_PX) latest.current.onNearTop();
      if (below <= NEAR_PX) latest.current.onNearEnd();
    },
    [scroller, virtual, follow],
  );

  const toEnd = useCallback(() => {
    follow.begins();
    virtual.scrollToEnd();
    look(false);
  }, [virtual, follow, look]);

  const toRow = useCallback(
    (index: number, align: 'center' | 'auto') => {
      virtual.scrollToIndex(index, { align });
      follow.ledAway();
    },
    [virtual, follow],
  );

  // Another list: nothing of where one stood in the one before counts.
  const lastEpoch = useRef<number | null>(start.atEnd ? null : epoch);
  useLayoutEffect(() => {
    // A part of the past comes because of somebody who goes to a message in it.
    if (lastEpoch.current !== epoch && !latest.current.hasNewer) {
      wasInPast.current = false;
      toEnd();
    }
    lastEpoch.current = epoch;
  }, [epoch, toEnd]);

  useLayoutEffect(() => {
    look(false);
    wasInPast.current = hasNewer;
  });

  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(() => {
      width.current = box.clientWidth;
      look(true);
    });
    const onScroll = () => look(true);
    observer.observe(box);
    box.addEventListener('scroll', onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener('scroll', onScroll);
    };
  }, [scroller, look]);

  const stand = useCallback((): Standing => {
    const offset = virtual.scrollOffset ?? 0;
    const at = follow.isOn() ? undefined : virtual.getVirtualItemForOffset(offset);
    const heights = new Map([...virtual.itemSizeCache].map(([key, height]) => [String(key), height]));
    const row = at ? { key: String(at.key), offset: offset - at.start } : null;
    return { epoch, row, heights, width: width.current };
  }, [virtual, epoch, follow]);

  return {
    items: virtual.getVirtualItems(),
    height: virtual.getTotalSize(),
    measure: virtual.measureElement,
    atEnd,
    topSeq,
    // The range is known only when the scrolling has been reported.
    lastSeen: atEnd ? rows.length - 1 : (virtual.range?.endIndex ?? null),
    toEnd,
    toRow,
    stand,
  };
}

/** The first guess stays: where it was right the height is not kept as a measured one, and must not change with the message unseen. */
function guessed(guesses: Map<string, number>, row: Row | undefined, width: number): number {
  const known = row && guesses.get(row.key);
  if (known !== undefined) return known;
  const height = rowHeight(row, width);
  if (row) guesses.set(row.key, height);
  return height;
}

/** Where to begin: where one stood, or at the end. */
function beginning(standing: Standing | undefined, epoch: number, rows: readonly Row[], above: number) {
  const sized = standing ?? { heights: new Map<string, number>(), width: 0, row: null, epoch };
  const heights = [...sized.heights].map(([key, size]) => ({
    key,
    size,
    index: 0,
    start: 0,
    end: 0,
    lane: 0,
  }));
  const heightOf = (row: Row) => sized.heights.get(row.key) ?? rowHeight(row, sized.width);
  const wanted = sized.epoch === epoch ? sized.row : null;
  let offset = above;
  for (const row of rows) {
    if (row.key === wanted?.key)
      return { offset: Math.max(0, offset + wanted.offset), heights, atEnd: false };
    offset += heightOf(row);
  }
  return { offset, heights, atEnd: true };
}
