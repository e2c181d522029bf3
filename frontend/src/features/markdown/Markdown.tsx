// A message's text as elements, from a list of what there may be: paragraphs, emphasis, code, lists, quotes, links, line breaks.
import { Fragment, memo, type ReactNode } from 'react';
import { blocks, type Token } from './blocks';
import './markdown.css';
import type { Naming } from './rich-text';
import { plain, spans } from './spans';

interface MarkdownProps {
  text: string;
  /** Who is mentioned; nobody if not said. */
  naming?: Naming;
}

const NOBODY: Naming = { names: [], someUnknown: false, me: '' };

/** One paragraph comes without an element around it. To be put into an element with `dir="auto"`. */
export const Markdown = memo(function Markdown({ text, naming = NOBODY }: MarkdownProps) {
  const tokens = cut(text);
  if (!tokens) return plain(text, naming);
  const [only] = tokens;
  if (tokens.length === 1 && (only?.type === 'paragraph' || only?.type === 'text')) return line(only, naming);
  return block(tokens, naming);
});

function block(tokens: readonly Token[], naming: Naming): ReactNode {
  return tokens.map((token, index) => {
    // Known by its place: a text changes only as a whole.
    const key = index;
    return <Fragment key={key}>{element(token, naming)}</Fragment>;
  });
}

function element(token: Token, naming: Naming): ReactNode {
  switch (token.type) {
    case 'space':
      return blankLines(token.raw);
    case 'code':
      return (
        <pre dir="auto" data-language={token.lang || undefined}>
          <code>{token.text}</code>
        </pre>
      );
    case 'blockquote':
      return (
        <blockquote dir="auto">{block('tokens' in token ? (token.tokens ?? []) : [], naming)}</blockquote>
      );
    case 'list':
      return token.ordered ? (
        <ol dir="auto">{items(token.items, naming, true)}</ol>
      ) : (
        <ul dir="auto">{items(token.items, naming, false)}</ul>
      );
    case 'paragraph':
    case 'text':
      return <p dir="auto">{line(token, naming)}</p>;
    default:
      return <p dir="auto">{plain(token.raw, naming)}</p>;
  }
}

function line(token: Token, naming: Naming): ReactNode {
  return 'tokens' in token && token.tokens ? spans(token.tokens, naming) : plain(token.raw, naming);
}

/** Numbers stay those that were written. */
function items(list: readonly Token[], naming: Naming, numbered: boolean): ReactNode {
  return list.map((item, index) => {
    const key = index;
    const number = numbered ? Number.parseInt(item.raw, 10) : Number.NaN;
    return (
      <li key={key} {...(Number.isNaN(number) ? {} : { value: number })}>
        {inItem('tokens' in item ? (item.tokens ?? []) : [], naming)}
      </li>
    );
  });
}

/** The text of an item that is one line stands beside its bullet. */
function inItem(tokens: readonly Token[], naming: Naming): ReactNode {
  return tokens.map((token, index) => {
    const key = index;
    const inLine = token.type === 'text' || token.type === 'paragraph';
    const shown =
      token.type === 'checkbox'
        ? token.raw
        : inLine && tokens.filter((each) => each.type !== 'checkbox').indexOf(token) === 0
          ? line(token, naming)
          : element(token, naming);
    return <Fragment key={key}>{shown}</Fragment>;
  });
}

/** Line breaks as written: the first ends the line before, each further one is an empty line. */
function blankLines(raw: string): ReactNode {
  const count = raw.split('\n').length - 2;
  return Array.from({ length: Math.max(0, count) }, (_, index) => {
    const key = index;
    return <br key={key} />;
  });
}

const KEPT = 400;
const known = new Map<string, Token[] | null>();

/** Rows come and go while one scrolls: what was cut lately is not cut again. */
function cut(text: string): Token[] | null {
  const kept = known.get(text);
  if (kept !== undefined) return kept;
  const tokens = blocks(text);
  known.set(text, tokens);
  if (known.size > KEPT) known.delete(known.keys().next().value ?? '');
  return tokens;
}
