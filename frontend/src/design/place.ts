// Where a small panel stands beside what it belongs to: never over the edge of the window.

export type Side = 'above' | 'below';

const GAP_PX = 4;
const EDGE_PX = 8;

/** On the wanted side of the anchor, on the other one where there is no room; `align` says which edges meet. */
export function place(
  panel: HTMLElement,
  anchor: DOMRect,
  { side = 'below', align = 'end' }: { side?: Side; align?: 'start' | 'centre' | 'end' } = {},
) {
  const { width, height } = panel.getBoundingClientRect();
  const above = anchor.top - height - GAP_PX;
  const below = anchor.bottom + GAP_PX;
  const fitsAbove = above >= EDGE_PX;
  const fitsBelow = below + height <= window.innerHeight - EDGE_PX;
  const wanted = side === 'above' ? fitsAbove || !fitsBelow : !fitsBelow && fitsAbove;
  const left = {
    start: anchor.left,
    centre: anchor.left + (anchor.width - width) / 2,
    end: anchor.right - width,
  }[align];
  panel.style.top = `${within(wanted ? above : below, window.innerHeight - height)}px`;
  panel.style.left = `${within(left, window.innerWidth - width)}px`;
}

function within(place: number, most: number): number {
  return Math.max(EDGE_PX, Math.min(place, most - EDGE_PX));
}
