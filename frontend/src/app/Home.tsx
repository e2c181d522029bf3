// What stands beside the rooms while none is open.
import { useRooms } from '@belfry/react';
import { ButtonLink } from '../design/Button';
import { Bell, Compass } from '../design/icons';
import { EmptyState } from '../design/States';
import { keysOf } from '../keyboard';
import { BROWSE_ADDRESS } from '../routes';

export function Home() {
  const some = useRooms(({ rooms }) => rooms.length > 0);
  return (
    <main className="home">
      <EmptyState title={some ? 'Choose a room' : 'Nobody is ringing yet'} icon={<Bell />} level={1}>
        <p className="soft">
          {some ? (
            <>
              From the list, or by its name with <kbd>{keysOf('switch')}</kbd>.
            </>
          ) : (
            'Look for a room that is open to all, or make one of your own.'
          )}
        </p>
        {!some && (
          <ButtonLink href={BROWSE_ADDRESS} icon={<Compass />}>
            Browse public rooms
          </ButtonLink>
        )}
      </EmptyState>
    </main>
  );
}
