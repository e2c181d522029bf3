// The signed-in page: the rooms at the left, what the address names beside them; on a phone one of the two.
import type { Session } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useEffect, useState } from 'react';
import { lazyPart } from '../design/lazy-part';
import { Skeleton } from '../design/States';
import { ConnectionLine } from '../features/connection/ConnectionLine';
import { rememberRecent } from '../features/rooms/recent';
import { Sidebar } from '../features/rooms/Sidebar';
import { useRoomKeys } from '../features/rooms/use-room-keys';
import { useShortcut } from '../keyboard';
import { currentPlace, type Place, usePlace } from '../routes';
import { ErrorBoundary } from './ErrorBoundary';
import { Home } from './Home';
import { useTitle } from './use-title';
import './Layout.css';

const room = () => import('../features/room/RoomView').then(({ RoomView }) => RoomView);
// On its way while the rest of the page starts.
let first = currentPlace().view === 'room' ? room() : undefined;
first?.catch(() => {
  first = undefined;
});
const RoomView = lazyPart(() => first ?? room());
const Directory = lazyPart(() =>
  import('../features/directory/Directory').then(({ Directory }) => Directory),
);
const switcher = () => import('../features/rooms/Switcher').then((module) => module.default);
const Switcher = lazyPart(switcher);
const KeyboardMap = lazyPart(() => import('./KeyboardMap').then((module) => module.default));

export function Layout({ session }: { session: Session }) {
  const client = useClient();
  const place = usePlace();
  const [open, setOpen] = useState<'switcher' | 'keys' | null>(null);
  const close = () => setOpen(null);
  const roomId = place.view === 'room' ? place.roomId : null;
  useTitle(place);
  useRoomKeys(place);
  useShortcut('switch', () => setOpen('switcher'));
  useShortcut('help', () => setOpen('keys'));
  useShortcut('markRead', () => (roomId === null ? false : client.room(roomId).markRead()));

  useEffect(() => {
    if (roomId !== null) rememberRecent(roomId);
  }, [roomId]);

  // Once the page is quiet: whoever calls it types on at once.
  useEffect(() => {
    const timer = setTimeout(() => void switcher().catch(() => undefined), 1_500);
    return () => clearTimeout(timer);
  }, []);

  return (
    <div className="layout" data-view={place.view === 'home' ? 'rooms' : 'stage'}>
      <button
        className="skip"
        type="button"
        onClick={() => document.querySelector<HTMLElement>('.stage h1')?.focus()}
      >
        Skip the list of rooms
      </button>
      <Sidebar
        session={session}
        place={place}
        onSwitch={() => setOpen('switcher')}
        onKeys={() => setOpen('keys')}
      />
      <div className="stage">
        <ConnectionLine onSignInAgain={() => session.end()} />
        <ErrorBoundary of={place}>
          <View place={place} />
        </ErrorBoundary>
      </div>
      {open === 'switcher' && <Switcher onClose={close} onMissing={close} />}
      {open === 'keys' && <KeyboardMap onClose={close} onMissing={close} />}
    </div>
  );
}

function View({ place }: { place: Place }) {
  const waiting = <Skeleton label="Loading" lines={6} faces />;
  if (place.view === 'browse') return <Directory waiting={waiting} />;
  if (place.view === 'home') return <Home />;
  return (
    <RoomView
      key={place.roomId}
      waiting={waiting}
      roomId={place.roomId}
      {...(place.seq === undefined ? {} : { seq: place.seq })}
    />
  );
}
