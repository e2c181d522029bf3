// How high a row will be, before it has been seen: near enough that the scroll bar tells the truth, and what comes moves nothing.
import { PREVIEWS_SHOWN } from './Previews';
import type { Row } from './rows';

const LINE_PX = 22;
const LETTER_PX = 7.6;
const GUTTERS_PX = 108;
const WIDEST_PX = 640;

/** `width`: of the list; 0: not known yet. */
export function rowHeight(row: Row | undefined, width: number): number {
  if (!row) return LINE_PX;
  if (row.kind === 'beginning') return 120;
  const { message, day, leads } = row;
  const { content, previews, reactions, claps, replyTo, deletedAt } = message;
  const perLine = Math.max(10, (width ? Math.min(WIDEST_PX, width - GUTTERS_PX) : WIDEST_PX) / LETTER_PX);
  let lines = 0;
  for (const line of content.split('\n')) lines += Math.max(1, Math.ceil(line.length / perLine));
  let height = Math.max(1, lines) * LINE_PX + 4;
  if (day) height += 44;
  if (leads) height += LINE_PX + 10;
  if (deletedAt) return height;
  if (replyTo) height += 24;
  height += Math.min(PREVIEWS_SHOWN, previews.length) * 96;
  if (claps.total > 0 || reactions.length > 0) height += 36;
  return height;
}
