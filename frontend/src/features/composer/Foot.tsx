// The line under the field: who is typing, why nothing can be written, what waits, and how much room is left.
import type { Typist } from '@belfry/client';
import { useConnection, useTyping } from '@belfry/react';

interface FootProps {
  /** Says more about the field. */
  id: string;
  /** Code points left, where there are few. */
  left: number | null;
  closed: string | null;
  /** There is something to send and no connection. */
  waits: boolean;
}

export function Foot({ id, left, closed, waits }: FootProps) {
  const typing = useTyping(({ typing }) => typists(typing));
  const inMemory = useConnection(({ keeps }) => keeps === 'memory');
  return (
    <div className="composer-foot">
      <span className="typing clip" data-shown={typing !== ''}>
        {closed === null && typing}
      </span>
      <span id={id} className={left !== null && left < 0 ? 'problem' : 'soft'}>
        {closed}
        {waits && left === null && (
          <span className="composer-waits">
            {inMemory
              ? 'No connection: what you send waits as long as this page is open.'
              : 'No connection: what you send waits here, and goes by itself.'}
          </span>
        )}
        {left !== null && (left < 0 ? `${amount(-left)} too many` : `${amount(left)} left`)}
      </span>
    </div>
  );
}

const numbers = new Intl.NumberFormat('en');

function amount(count: number): string {
  return `${numbers.format(count)} ${count === 1 ? 'character' : 'characters'}`;
}

export function typists(typing: readonly Typist[]): string {
  const [one, two] = typing.map(({ username }) => username);
  if (one === undefined) return '';
  if (two === undefined) return `${one} is typing…`;
  if (typing.length === 2) return `${one} and ${two} are typing…`;
  return `${one}, ${two} and ${typing.length - 2} more are typing…`;
}
