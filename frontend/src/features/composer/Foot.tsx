// The line under the field: what waits, or how much room is left. Nothing where there is nothing to say.
import { useConnection } from '@belfry/react';

interface FootProps {
  /** Says more about the field. */
  id: string;
  /** Code points left, where there are few. */
  left: number | null;
  /** There is something to send and no connection. */
  waits: boolean;
}

export function Foot({ id, left, waits }: FootProps) {
  const inMemory = useConnection(({ keeps }) => keeps === 'memory');
  return (
    <p id={id} className="composer-foot" data-wrong={left !== null && left < 0}>
      {left !== null && (left < 0 ? `${amount(-left)} too many` : `${amount(left)} left`)}
      {waits && left === null && (
        <span className="composer-waits">
          {inMemory
            ? 'No connection: what you send waits as long as this page is open.'
            : 'No connection: what you send waits here, and goes by itself.'}
        </span>
      )}
    </p>
  );
}

const numbers = new Intl.NumberFormat('en');

function amount(count: number): string {
  return `${numbers.format(count)} ${count === 1 ? 'character' : 'characters'}`;
}
