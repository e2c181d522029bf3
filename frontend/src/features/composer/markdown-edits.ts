// What the keys of the field do to its text: each answers with the replacement to make, so that the browser can undo it as one step.

/** The field: its text and what is selected in it. */
export interface FieldState {
  text: string;
  start: number;
  end: number;
}

/** Replace `from` to `to` by `insert`, then select from `start` to `end`. */
export interface Edit {
  from: number;
  to: number;
  insert: string;
  start: number;
  end: number;
}

export type Mark = 'bold' | 'italic' | 'code';

const SIGNS: Record<Mark, string> = { bold: '**', italic: '_', code: '`' };

/** Puts the mark around what is selected, or takes it away where it is there. White space at its ends stays outside. */
export function toggleMark(state: FieldState, mark: Mark): Edit {
  const selected = state.text.slice(state.start, state.end);
  if (mark === 'code' && selected.includes('\n')) return fence(state);
  const sign = SIGNS[mark];
  const start = state.start + (selected.length - selected.trimStart().length);
  const end = Math.max(start, state.end - (selected.length - selected.trimEnd().length));
  const inner = state.text.slice(start, end);
  const around =
    state.text.slice(start - sign.length, start) === sign &&
    state.text.slice(end, end + sign.length) === sign &&
    start >= sign.length;
  if (around) {
    const from = start - sign.length;
    return { from, to: end + sign.length, insert: inner, start: from, end: from + inner.length };
  }
  if (inner.length > 2 * sign.length && inner.startsWith(sign) && inner.endsWith(sign)) {
    const bare = inner.slice(sign.length, -sign.length);
    return { from: start, to: end, insert: bare, start, end: start + bare.length };
  }
  const at = start + sign.length;
  return { from: start, to: end, insert: `${sign}${inner}${sign}`, start: at, end: at + inner.length };
}

/** Several lines of code stand between two lines of their own. */
function fence({ text, start, end }: FieldState): Edit {
  const lines = text.slice(start, end);
  const open = start === 0 || text[start - 1] === '\n' ? '```\n' : '\n```\n';
  const closing = lines.endsWith('\n') ? '```' : '\n```';
  const close = end === text.length || text[end] === '\n' ? closing : `${closing}\n`;
  const at = start + open.length;
  return { from: start, to: end, insert: `${open}${lines}${close}`, start: at, end: at + lines.length };
}

const ITEM =
  /^(?<indent>[ \t]*)(?:(?<bullet>[-*+])|(?<number>\d{1,6})(?<dot>[.)])|(?<quote>>))[ \t]+(?<task>\[[ xX]\][ \t]+)?/u;

/** A new line in a list or a quote goes on with it; in an empty item it ends it. `null` where a plain new line is meant. */
export function continueList({ text, start, end }: FieldState): Edit | null {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const item = ITEM.exec(text.slice(lineStart));
  if (!item?.groups || start < lineStart + item[0].length) return null;
  const lineEnd = text.indexOf('\n', start);
  const rest = text.slice(lineStart + item[0].length, lineEnd === -1 ? text.length : lineEnd);
  if (rest.trim() === '') return { from: lineStart, to: end, insert: '', start: lineStart, end: lineStart };
  const { indent = '', bullet, number, dot = '.', task } = item.groups;
  const sign = number === undefined ? (bullet ?? '>') : `${Number(number) + 1}${dot}`;
  const insert = `\n${indent}${sign} ${task ? '[ ] ' : ''}`;
  const at = start + insert.length;
  return { from: start, to: end, insert, start: at, end: at };
}

/** An address put over selected words makes them a link. `null` where it is to be put in as it is. */
export function pasteLink({ text, start, end }: FieldState, pasted: string): Edit | null {
  const url = pasted.trim();
  const words = text.slice(start, end);
  if (!isAddress(url) || words.trim() === '' || /[\n[\]]/u.test(words) || isAddress(words.trim()))
    return null;
  const safe = url.replace(/\(/gu, '%28').replace(/\)/gu, '%29');
  const insert = `[${words}](${safe})`;
  const at = start + insert.length;
  return { from: start, to: end, insert, start: at, end: at };
}

function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/iu.test(text) && URL.canParse(text);
}
