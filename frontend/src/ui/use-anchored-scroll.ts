// Keeps what is read in its place: at the end the list follows what is added; elsewhere the first row in view stays where
// it is, whatever is put above it or grows.
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** Rows that can be held carry this attribute. */
export const ROW = 'data-row';

const END_SLACK_PX = 24;
const NEAR_TOP_PX = 600;

export function useAnchoredScroll(onNearTop: () => void) {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  /** `null`: the end is held. */
  const held = useRef<{ row: Element; place: number } | null>(null);
  const lastTop = useRef(0);
  const [atEnd, setAtEnd] = useState(true);

  const hold = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    lastTop.current = box.scrollTop;
    const ends = box.scrollHeight - box.clientHeight - box.scrollTop <= END_SLACK_PX;
    const row = ends ? null : firstInView(box);
    held.current = row && { row, place: placeOf(box, row) };
    setAtEnd(ends);
    if (box.scrollTop < NEAR_TOP_PX) onNearTop();
  }, [onNearTop]);

  const restore = useCallback(() => {
    const box = scroller.current;
    if (!box || box.clientHeight === 0) return;
    const highest = box.scrollHeight - box.clientHeight;
    if (!held.current) {
      // The reader may have moved up without its event being here yet.
      const movedUp = box.scrollTop < Math.min(lastTop.current, highest) - END_SLACK_PX;
      if (!movedUp) box.scrollTop = highest;
    } else if (held.current.row.isConnected) {
      box.scrollTop += placeOf(box, held.current.row) - held.current.place;
    }
    hold();
  }, [hold]);

  useLayoutEffect(restore);

  useEffect(() => {
    const observer = new ResizeObserver(restore);
    if (scroller.current) observer.observe(scroller.current);
    if (content.current) observer.observe(content.current);
    return () => observer.disconnect();
  }, [restore]);

  const toEnd = useCallback(() => {
    held.current = null;
    lastTop.current = 0;
    restore();
  }, [restore]);

  /** Brings the row with that element id a third down the view, and the focus to it. */
  const toRow = useCallback(
    (elementId: string) => {
      const box = scroller.current;
      const row = document.getElementById(elementId);
      if (!box || !row) return;
      box.scrollTop = placeOf(box, row) - box.clientHeight / 3;
      row.focus({ preventScroll: true });
      hold();
    },
    [hold],
  );

  return { scroller, content, atEnd, onScroll: hold, toEnd, toRow };
}

/** A row's distance from the top of everything that scrolls. */
function placeOf(box: Element, row: Element): number {
  return row.getBoundingClientRect().top - box.getBoundingClientRect().top + box.scrollTop;
}

function firstInView(box: Element): Element | null {
  const rows = box.querySelectorAll(`[${ROW}]`);
  const edge = box.getBoundingClientRect().top;
  let low = 0;
  let high = rows.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.getBoundingClientRect().bottom ?? 0) > edge) high = middle;
    else low = middle + 1;
  }
  return rows[low] ?? null;
}
