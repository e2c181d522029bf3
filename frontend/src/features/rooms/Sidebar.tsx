// The rooms and the user's own corner.
import type { Session } from '@belfry/client';
import { useConnection, useRooms } from '@belfry/react';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import { ButtonLink, IconButton } from '../../design/Button';
import { Bell, Compass, Keyboard, Plus, Search } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { EmptyState, ErrorState, Skeleton } from '../../design/States';
import { keysOf } from '../../keyboard';
import { generalSentence } from '../../language/sentences';
import { BROWSE_ADDRESS, HOME_ADDRESS, type Place } from '../../routes';
import { NotificationsButton } from '../notifications';
import { OwnCorner } from '../profile/OwnCorner';
import { RoomList } from './RoomList';
import { sectionsOf } from './room-order';
import './rooms.css';

const NewRoom = lazyPart(() => import('../directory/NewRoom').then(({ NewRoom }) => NewRoom));

interface SidebarProps {
  session: Session;
  place: Place;
  onSwitch(): void;
  onKeys(): void;
}

export function Sidebar({ session, place, onSwitch, onKeys }: SidebarProps) {
  const { status, problem, rooms, refresh } = useRooms();
  const live = useConnection((connection) => connection.status === 'online');
  const [making, setMaking] = useState(false);
  const scroller = useRef<HTMLElement>(null);
  const { rooms: open, direct } = useMemo(() => sectionsOf(rooms), [rooms]);
  const current = place.view === 'room' ? place.roomId : null;
  const known = rooms.length > 0;
  return (
    <div className="sidebar">
      <header className="sidebar-head">
        <a className="brand" href={HOME_ADDRESS}>
          <Bell className="brand-bell" />
          Belfry
        </a>
        <IconButton
          label="Keys"
          keys={keysOf('help')}
          icon={<Keyboard />}
          className="wide-only"
          onClick={onKeys}
        />
        <NotificationsButton />
      </header>
      <button className="find" type="button" onClick={onSwitch}>
        <Search />
        <span className="clip">Find a room or a person</span>
        <kbd className="wide-only">{keysOf('switch')}</kbd>
      </button>
      <nav ref={scroller} className="room-lists" aria-label="Rooms" onKeyDown={move}>
        <a
          className="room-link"
          href={BROWSE_ADDRESS}
          aria-current={place.view === 'browse' ? 'page' : undefined}
        >
          <span className="room-sign">
            <Compass />
          </span>
          <span className="clip">Browse public rooms</span>
        </a>
        <RoomList title="Your rooms" rooms={open} current={current} live={live} scroller={scroller}>
          <IconButton label="New room" size="small" icon={<Plus />} onClick={() => setMaking(true)} />
        </RoomList>
        {!known && status === 'loading' && <Skeleton label="Loading rooms" lines={6} />}
        {!known && status === 'failed' && (
          <ErrorState
            title="The rooms could not be loaded"
            sentence={problem ? generalSentence(problem) : 'Try again in a moment.'}
            level={3}
            small
            onRetry={refresh}
          />
        )}
        {!known && (status === 'ready' || status === 'kept') && (
          <EmptyState title="No rooms yet" level={3} small>
            <p className="soft">Rooms that you join or make stand here.</p>
            <ButtonLink href={BROWSE_ADDRESS} size="small">
              Look for one
            </ButtonLink>
          </EmptyState>
        )}
        {direct.length > 0 && (
          <RoomList
            title="Direct messages"
            rooms={direct}
            current={current}
            live={live}
            scroller={scroller}
          />
        )}
      </nav>
      <footer className="sidebar-foot">
        <OwnCorner session={session} />
      </footer>
      {making && <NewRoom onClose={() => setMaking(false)} onMissing={() => setMaking(false)} />}
    </div>
  );
}

function move(event: KeyboardEvent<HTMLElement>) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.altKey || !(event.target as Element).matches('.room-link')) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('.room-link')];
  event.preventDefault();
  links[links.indexOf(event.target as HTMLElement) + step]?.focus();
}
