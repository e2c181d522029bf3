// Cuts plain text into text, links and mentions. Nothing becomes markup: each piece is shown as a text node.
import { safeHref } from './safe-href';

export type Piece =
  | { type: 'text'; text: string }
  | { type: 'link'; text: string; href: string }
  | { type: 'mention'; text: string; ofMe: boolean };

export interface Naming {
  /** Usernames of those whom the server found mentioned, as far as this page knows them. */
  names: readonly string[];
  /** Some of the mentioned are unknown here: any `@word` may be theirs. */
  someUnknown: boolean;
  /** The reader's own username. */
  me: string;
}

const LINK = /https?:\/\/[^\s<>"'`]+/giu;
const AT_WORD = /(?<![\p{L}\p{N}_])@[\p{L}\p{N}_.-]*[\p{L}\p{N}_]/giu;

export function pieces(text: string, naming: Naming): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    const link = withoutTrailing(match[0]);
    const href = safeHref(link);
    if (!href) continue;
    found.push(...mentionsIn(text.slice(end, match.index), naming));
    found.push({ type: 'link', text: link, href });
    end = match.index + link.length;
  }
  found.push(...mentionsIn(text.slice(end), naming));
  return found;
}

function mentionsIn(text: string, naming: Naming): Piece[] {
  const found: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(mentionPattern(naming))) {
    if (match.index > end) found.push({ type: 'text', text: text.slice(end, match.index) });
    const ofMe = match[0].slice(1).toLowerCase() === naming.me.toLowerCase();
    found.push({ type: 'mention', text: match[0], ofMe });
    end = match.index + match[0].length;
  }
  if (end < text.length) found.push({ type: 'text', text: text.slice(end) });
  return found;
}

function mentionPattern({ names, someUnknown }: Naming): RegExp {
  const longestFirst = [...names].sort((a, b) => b.length - a.length).map(escapePattern);
  const known = longestFirst.map((name) => `(?<![\\p{L}\\p{N}_])@${name}(?![\\p{L}\\p{N}_])`);
  const all = someUnknown ? [...known, AT_WORD.source] : known;
  return all.length > 0 ? new RegExp(all.join('|'), 'giu') : /(?!)/g;
}

/** A sentence's own punctuation is no part of the link, nor is a bracket that opened before it. */
function withoutTrailing(link: string): string {
  const opens = link.indexOf('(');
  let end = link.length;
  for (; end > 0; end -= 1) {
    const last = link[end - 1] ?? '';
    const closesOuter = last === ')' && (opens === -1 || opens >= end);
    if (!closesOuter && !'.,:;!?]}*_~'.includes(last)) break;
  }
  return link.slice(0, end);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/gu, '\\$&');
}
