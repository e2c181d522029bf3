// One section of the rooms. Of thousands only those in sight are made.
import type { RoomSummary } from '@belfry/client';
import { type ReactNode, type RefObject, useEffect, useId, useRef } from 'react';
import { RoomLink } from './RoomLink';
import { useWindow } from './use-window';

/** As `.room-list > li` has it: a finger needs more. */
const ROW_REM = window.matchMedia('(pointer: coarse)').matches ? 2.875 : 2.375;

interface RoomListProps {
  title: string;
  rooms: readonly RoomSummary[];
  /** The room that is open. */
  current: string | null;
  live: boolean;
  scroller: RefObject<HTMLElement | null>;
  /** Beside the title. */
  children?: ReactNode;
}

export function RoomList({ title, rooms, current, live, scroller, children }: RoomListProps) {
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  const { from, to, rowPx } = useWindow(scroller, list, rooms.length, ROW_REM);
  const index = rooms.findIndex((room) => room.id === current);

  // Another room was opened: it comes into sight.
  const shown = useRef<string | null>(null);
  useEffect(() => {
    const [outer, inner] = [scroller.current, list.current];
    if (index < 0 || !outer || !inner || shown.current === current) return;
    shown.current = current;
    const top = inner.getBoundingClientRect().top - outer.getBoundingClientRect().top + index * rowPx;
    if (top < 0) outer.scrollBy(0, top - rowPx);
    else if (top + rowPx > outer.clientHeight) outer.scrollBy(0, top + 2 * rowPx - outer.clientHeight);
  }, [index, current, rowPx, scroller]);

  return (
    <>
      <div className="room-list-head">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
      <ul ref={list} className="room-list" aria-labelledby={id} style={{ height: rooms.length * rowPx }}>
        {rooms.slice(from, to).map((room, at) => (
          <li
            key={room.id}
            style={{ top: (from + at) * rowPx }}
            aria-setsize={rooms.length}
            aria-posinset={from + at + 1}
          >
            <RoomLink room={room} current={room.id === current} live={live} />
          </li>
        ))}
      </ul>
    </>
  );
}
