// What is being completed: the `@name` or `:emoji` that ends at the caret.

export interface Token {
  kind: 'mention' | 'emoji';
  /** Where its sign is in the text. */
  from: number;
  /** The caret. */
  to: number;
  /** What stands between the two, as written. */
  query: string;
}

/** A name has up to four words; further back nothing is looked at. */
const LOOK_BACK = 100;
// As the server reads it: an `@` after a letter or a digit is an address, not a mention.
const MENTION = /(?<![\p{L}\p{N}])@(?<query>(?:[^\s@]+(?: [^\s@]+){0,2} ?)?)$/u;
const EMOJI = /(?<![\p{L}\p{N}:]):(?<query>[\p{L}\p{N}_+-]{2,})$/u;
const WHOLE_EMOJI = /(?<![\p{L}\p{N}:]):(?<name>[\p{L}\p{N}_+-]{2,}):$/u;

export function tokenAt(text: string, caret: number): Token | null {
  const before = text.slice(Math.max(0, caret - LOOK_BACK), caret);
  // The words after a name may be part of it, so that a name reaches further back.
  const emoji = EMOJI.exec(before);
  const mention = emoji ? null : MENTION.exec(before);
  const found = emoji ?? mention;
  if (!found || inCode(text, caret)) return null;
  return token(emoji ? 'emoji' : 'mention', found, caret);
}

/** The `:name:` that has just been closed at the caret. */
export function closedEmoji(text: string, caret: number): { from: number; name: string } | null {
  const found = WHOLE_EMOJI.exec(text.slice(Math.max(0, caret - LOOK_BACK), caret));
  if (!found?.groups?.name || inCode(text, caret)) return null;
  return { from: caret - found[0].length, name: found.groups.name };
}

function token(kind: Token['kind'], found: RegExpExecArray, caret: number): Token {
  return { kind, from: caret - found[0].length, to: caret, query: found.groups?.query ?? '' };
}

/** Between the signs of code, nothing stands for anything else. */
function inCode(text: string, caret: number): boolean {
  const before = text.slice(0, caret);
  const fences = before.match(/^```/gmu)?.length ?? 0;
  if (fences % 2 === 1) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return (line.match(/`/gu)?.length ?? 0) % 2 === 1;
}
