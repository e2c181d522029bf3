// A person's initials on a colour of their own.
import { type Presence, PresenceDot } from './PresenceDot';
import './Avatar.css';

const HUES = 8;

interface AvatarProps {
  /** What the colour is made of: it stays when the name changes. */
  id: string;
  name: string;
  status?: Presence | undefined;
  size?: 'small' | 'normal' | 'large';
}

/** A picture only: a name has to stand beside it. */
export function Avatar({ id, name, status, size = 'normal' }: AvatarProps) {
  return (
    <span
      className="avatar"
      data-hue={hueOf(id)}
      data-size={size}
      // Drawn, not written: what stands in a button or link would have to be part of its name.
      data-initials={initials(name)}
      aria-hidden="true"
    >
      {status && <PresenceDot status={status} />}
    </span>
  );
}

export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

function hueOf(id: string): number {
  let sum = 7;
  for (const character of id) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
