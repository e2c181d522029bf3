// A message's text as marked's lexer cuts it, without what a chat has no use for, and with a bound on depth and on cost.
import { Lexer, type Token, Tokenizer, type TokensList } from 'marked';

export type { Token };

/** Quotes in quotes, lists in lists, and emphasis in emphasis, each counted by itself. */
const DEEPEST = 6;
/** Marks in the text that may open something: the lexer looks for the end of each. Code and drawings in plain text have many. */
const MOST_MARKS = 1_200;
const MARKS = /[*_~`[\]<]/g;
/** In a word that is longer, the lexer would look for an address from each letter on. */
const LONG_WORD = /\S{1500}/;
/** Without any of these there is nothing to cut, only links and mentions to find. */
const PERHAPS = /[*_~`[\\<@]|www\.|^[ \t]*(?:[>+-]|\d+[.)])/im;

/** `null`: it is shown as it is, with its links and mentions. */
export function blocks(text: string): Token[] | null {
  if (!PERHAPS.test(text) || LONG_WORD.test(text)) return null;
  if ((text.match(MARKS)?.length ?? 0) > MOST_MARKS) return null;
  try {
    return new BoundedLexer({ gfm: true, breaks: true, tokenizer: new ChatTokenizer() }).lex(text);
  } catch {
    // The lexer throws where it would not come to an end.
    return null;
  }
}

/** Headings, rules, tables, raw HTML, definitions and indented code stay the text that was written. */
class ChatTokenizer extends Tokenizer {
  override heading() {
    return undefined;
  }
  override lheading() {
    return undefined;
  }
  override hr() {
    return undefined;
  }
  override table() {
    return undefined;
  }
  override html() {
    return undefined;
  }
  override tag() {
    return undefined;
  }
  override def() {
    return undefined;
  }
  override code() {
    return undefined;
  }
}

class BoundedLexer extends Lexer {
  private depth = { blocks: 0, spans: 0 };

  override blockTokens(src: string, tokens?: Token[], lastParagraphClipped?: boolean): Token[];
  override blockTokens(src: string, tokens?: TokensList, lastParagraphClipped?: boolean): TokensList;
  override blockTokens(src: string, tokens: Token[] = [], lastParagraphClipped?: boolean): Token[] {
    return this.bounded('blocks', src, tokens, () => super.blockTokens(src, tokens, lastParagraphClipped));
  }

  override inlineTokens(src: string, tokens: Token[] = []) {
    return this.bounded('spans', src, tokens, () => super.inlineTokens(src, tokens));
  }

  private bounded(kind: 'blocks' | 'spans', src: string, tokens: Token[], cut: () => Token[]) {
    if (this.depth[kind] >= DEEPEST) {
      tokens.push({ type: 'text', raw: src, text: src });
      return tokens;
    }
    this.depth[kind] += 1;
    try {
      return cut();
    } finally {
      this.depth[kind] -= 1;
    }
  }
}
