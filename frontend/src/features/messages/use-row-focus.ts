// Walking the messages with the keys: one row is in the tab order, and the row with the focus stays in the page wherever one scrolls.
import {
  type FocusEvent,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Row } from './rows';

interface Wish {
  list: RefObject<HTMLElement | null>;
  rows: readonly Row[];
  /** Brings a row into view. */
  show(index: number): void;
}

export function useRowFocus({ list, rows, show }: Wish) {
  /** The row in which the focus is. */
  const [focused, setFocused] = useState<string | null>(null);
  /** The row that is to get the focus once it is there. */
  const wanted = useRef<string | null>(null);
  const [, again] = useState(0);

  const elementOf = useCallback(
    (key: string) => list.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`) ?? null,
    [list],
  );

  const focusRow = useCallback((key: string) => {
    wanted.current = key;
    setFocused(key);
    again((count) => count + 1);
  }, []);

  useLayoutEffect(() => {
    const key = wanted.current;
    const row = key === null ? null : elementOf(key);
    if (!row) return;
    wanted.current = null;
    row.focus({ preventScroll: true });
  });

  // The row is gone with its focus (an unsent message that was discarded): the one at its place gets it.
  const place = useRef(-1);
  useEffect(() => {
    if (focused === null) return;
    const index = rows.findIndex((row) => row.key === focused);
    if (index !== -1) {
      place.current = index;
      return;
    }
    const next = rows[Math.min(place.current, rows.length - 1)];
    if (next && document.activeElement === document.body) focusRow(next.key);
    else setFocused(null);
  }, [focused, rows, focusRow]);

  const onFocus = useCallback((event: FocusEvent) => {
    const row = (event.target as Element).closest<HTMLElement>('[data-key]');
    if (row?.dataset.key) setFocused(row.dataset.key);
  }, []);

  const onBlur = useCallback((event: FocusEvent) => {
    // The window lost it, or a menu of the row has it: it will be back.
    const next = event.relatedTarget as Element | null;
    if (next && !event.currentTarget.contains(next)) setFocused(null);
  }, []);

  /** One further up or down, or to one of the ends. */
  const step = useCallback(
    (from: string, to: 'before' | 'after' | 'first' | 'last') => {
      const messages = rows.filter((row) => row.kind === 'message');
      const at = messages.findIndex((row) => row.key === from);
      const next = { before: at - 1, after: at + 1, first: 0, last: messages.length - 1 }[to];
      const row = messages[next];
      if (!row) return false;
      show(rows.indexOf(row));
      focusRow(row.key);
      return true;
    },
    [rows, show, focusRow],
  );

  return { focused, focusRow, step, onFocus, onBlur };
}
