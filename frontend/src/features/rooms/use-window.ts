// Which rows of a long list of equal rows are in sight: only these are made.
import { type RefObject, useCallback, useLayoutEffect, useState } from 'react';

const BEYOND = 12;

export interface Rows {
  readonly from: number;
  readonly to: number;
  readonly rowPx: number;
}

/** `list` stands somewhere inside `scroller`; its rows are each `rowRem` high. */
export function useWindow(
  scroller: RefObject<HTMLElement | null>,
  list: RefObject<HTMLElement | null>,
  count: number,
  rowRem: number,
): Rows {
  const [rows, setRows] = useState<Rows>({ from: 0, to: Math.min(count, 40), rowPx: rowRem * 16 });

  const look = useCallback(() => {
    const [outer, inner] = [scroller.current, list.current];
    if (!outer || !inner) return;
    const rowPx = rowRem * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
    const hidden = outer.getBoundingClientRect().top - inner.getBoundingClientRect().top;
    const from = clamp(Math.floor(hidden / rowPx) - BEYOND, count);
    const to = clamp(Math.ceil((hidden + outer.clientHeight) / rowPx) + BEYOND, count);
    setRows((before) =>
      before.from === from && before.to === to && before.rowPx === rowPx ? before : { from, to, rowPx },
    );
  }, [scroller, list, count, rowRem]);

  useLayoutEffect(() => {
    look();
    const outer = scroller.current;
    if (!outer) return;
    const sized = new ResizeObserver(look);
    sized.observe(outer);
    outer.addEventListener('scroll', look, { passive: true });
    return () => {
      sized.disconnect();
      outer.removeEventListener('scroll', look);
    };
  }, [look, scroller]);

  return rows;
}

function clamp(row: number, count: number): number {
  return Math.max(0, Math.min(count, row));
}
