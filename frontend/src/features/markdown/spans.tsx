// Text with its links and the names in it, and what the lexer found inside a line.
import { createContext, Fragment, type ReactNode, useContext } from 'react';
import type { Token } from './blocks';
import { type Naming, pieces } from './rich-text';
import { safeHref } from './safe-href';

/** Whether links take part in the tab order: in a list that is walked with the arrow keys, only those of the row that has the focus. */
export const LinksInTabOrder = createContext(true);

// What has no identity is known by its place: a text changes only as a whole.

export function plain(text: string, naming: Naming): ReactNode {
  const found = pieces(text, naming);
  if (found.length === 1 && found[0]?.type === 'text') return text;
  return found.map((piece, index) => {
    const key = index;
    switch (piece.type) {
      case 'link':
        return (
          <Link key={key} href={piece.href}>
            {piece.text}
          </Link>
        );
      case 'mention':
        return (
          <span key={key} className="mention" data-me={piece.ofMe}>
            {piece.text}
          </span>
        );
      default:
        return <Fragment key={key}>{piece.text}</Fragment>;
    }
  });
}

/** `inLink`: there is no link inside a link. */
export function spans(tokens: readonly Token[] | undefined, naming: Naming, inLink = false): ReactNode {
  return tokens?.map((token, index) => {
    const key = index;
    return <Fragment key={key}>{span(token, naming, inLink)}</Fragment>;
  });
}

function span(token: Token, naming: Naming, inLink: boolean): ReactNode {
  // As written: the lexer's own text has character references resolved.
  const words = () => (inLink ? token.raw : plain(token.raw, naming));
  const inside = () => ('tokens' in token && token.tokens ? spans(token.tokens, naming, inLink) : words());
  switch (token.type) {
    case 'strong':
      return <strong>{inside()}</strong>;
    case 'em':
      return <em>{inside()}</em>;
    case 'del':
      return <del>{inside()}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'text':
      return inside();
    case 'escape':
      return token.text;
    case 'link':
    case 'image': {
      const href = inLink ? null : safeHref(token.href);
      if (href === null) return token.raw;
      const label = token.type === 'image' ? token.text || token.href : spans(token.tokens, naming, true);
      // What it says may be another address than the one it leads to.
      const other = token.text !== token.href || token.title;
      return (
        <Link
          href={href}
          {...(other ? { title: [token.href, token.title].filter(Boolean).join(' – ') } : {})}
        >
          {label}
        </Link>
      );
    }
    default:
      return token.raw;
  }
}

function Link({ href, title, children }: { href: string; title?: string; children: ReactNode }) {
  const inTabOrder = useContext(LinksInTabOrder);
  return (
    <a
      href={href}
      title={title}
      target="_blank"
      rel="noopener noreferrer nofollow"
      tabIndex={inTabOrder ? undefined : -1}
    >
      {children}
    </a>
  );
}
