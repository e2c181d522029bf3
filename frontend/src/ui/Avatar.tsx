// A person's initials on a colour of their own, with the status as a mark whose shape says the same as its colour.
import type { Status } from '../wire';

const HUES = 8;

interface AvatarProps {
  userId: string;
  username: string;
  status?: Status;
}

export function Avatar({ userId, username, status }: AvatarProps) {
  return (
    <span className="avatar" data-hue={hueOf(userId)} aria-hidden="true">
      {initials(username)}
      {status && <span className="status-mark" data-status={status} />}
    </span>
  );
}

function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter(Boolean);
  return words
    .slice(0, 2)
    .map((word) => [...word][0]?.toUpperCase() ?? '')
    .join('');
}

function hueOf(userId: string): number {
  let sum = 7;
  for (const character of userId) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
