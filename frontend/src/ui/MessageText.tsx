// A message's text, with its links and the names in it.
import { type Naming, pieces } from '../rich-text';
import type { User } from '../wire';

interface MessageTextProps {
  text: string;
  mentions: readonly string[];
  me: User;
  names: ReadonlyMap<string, string>;
}

export function MessageText({ text, mentions, me, names }: MessageTextProps) {
  return pieces(text, naming(mentions, me, names)).map((piece, index) => {
    // A piece is known by its place: the text changes only as a whole.
    const key = index;
    switch (piece.type) {
      case 'link':
        return (
          <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        );
      case 'mention':
        return (
          <span key={key} className="mention" data-me={piece.ofMe}>
            {piece.text}
          </span>
        );
      default:
        return piece.text;
    }
  });
}

function naming(mentions: readonly string[], me: User, names: ReadonlyMap<string, string>): Naming {
  const known = mentions.map((id) => (id === me.id ? me.username : names.get(id)));
  return {
    names: known.filter((name) => name !== undefined),
    someUnknown: known.includes(undefined),
    me: me.username,
  };
}
