// All public rooms, to be searched and joined; and the ways to a room that is not among them.
import type { RoomInfo } from '@belfry/client';
import { useRooms } from '@belfry/react';
import { useEffect, useRef, useState } from 'react';
import { Button, ButtonLink } from '../../design/Button';
import { Field } from '../../design/Field';
import { At, Back, Compass, Hash, Plus, Search } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { EmptyState, ErrorState, Skeleton } from '../../design/States';
import { HOME_ADDRESS, roomAddress } from '../../routes';
import { counted } from '../people/names';
import '../people/people.css';
import './directory.css';
import { JoinForm } from './JoinForm';
import { usePublicRooms } from './use-public-rooms';

const NewRoom = lazyPart(() => import('./NewRoom').then(({ NewRoom }) => NewRoom));
const NewDirect = lazyPart(() => import('./NewDirect').then(({ NewDirect }) => NewDirect));

export function Directory() {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<'room' | 'direct' | null>(null);
  const { rooms, nextCursor, busy, problem, wish, again, more } = usePublicRooms(text);
  const own = useRooms(({ rooms }) => rooms);
  const joined = new Set(own.map(({ id }) => id));
  const heading = useRef<HTMLHeadingElement>(null);
  const close = () => setOpen(null);

  // Who comes here by keyboard or with a screen reader is where the page now is.
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);

  return (
    <main className="directory">
      <header className="room-head">
        <ButtonLink
          className="back"
          look="quiet"
          href={HOME_ADDRESS}
          icon={<Back />}
          aria-label="All rooms"
          data-icon-only
        />
        <div className="room-title">
          <h1 ref={heading} tabIndex={-1}>
            Public rooms
          </h1>
        </div>
        <Button look="quiet" icon={<At />} aria-label="New message" onClick={() => setOpen('direct')}>
          <span className="directory-wide">New message</span>
        </Button>
        <Button look="quiet" icon={<Plus />} aria-label="Make a room" onClick={() => setOpen('room')}>
          <span className="directory-wide">Make a room</span>
        </Button>
      </header>
      <div className="directory-body">
        <div className="directory-tools">
          <Field label="Search public rooms">
            {(control) => (
              <input
                {...control}
                type="search"
                value={text}
                placeholder="A part of the name"
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
          <JoinForm />
        </div>
        {problem && (
          <ErrorState title="The rooms cannot be shown" sentence={problem} busy={busy} onRetry={again} />
        )}
        {rooms === null && !problem && <Skeleton label="Loading rooms" lines={5} faces />}
        <div role="status">
          {rooms?.length === 0 && !problem && wish !== '' && (
            <EmptyState icon={<Search />} title="No room has such a name.">
              <p className="soft">A private room is not listed: somebody in it has to add you.</p>
            </EmptyState>
          )}
          {rooms?.length === 0 && !problem && wish === '' && (
            <EmptyState icon={<Compass />} title="There are no public rooms yet.">
              <Button look="primary" onClick={() => setOpen('room')}>
                Make the first one
              </Button>
            </EmptyState>
          )}
        </div>
        <ul className="cards" aria-label="Public rooms" aria-busy={busy}>
          {rooms?.map((room) => (
            <Card key={room.id} room={room} href={roomAddress(room.id)} joined={joined.has(room.id)} />
          ))}
        </ul>
        {nextCursor && (
          <Button busy={busy} onClick={more}>
            Show more
          </Button>
        )}
      </div>
      {open === 'room' && <NewRoom onClose={close} onMissing={close} />}
      {open === 'direct' && <NewDirect onClose={close} onMissing={close} />}
    </main>
  );
}

function Card({ room, href, joined }: { room: RoomInfo; href: string; joined: boolean }) {
  const { name, topic, memberCount } = room;
  return (
    <li>
      <a className="card" href={href} data-joined={joined}>
        <Hash />
        <span className="card-name">
          <strong className="clip">{name}</strong>
          {topic && <span className="soft clip card-topic">{topic}</span>}
        </span>
        <span className="soft card-count">
          {counted(memberCount)} {memberCount === 1 ? 'member' : 'members'}
          {joined && ', you too'}
        </span>
        <span className="card-act">{joined ? 'Open' : 'Join'}</span>
      </a>
    </li>
  );
}
