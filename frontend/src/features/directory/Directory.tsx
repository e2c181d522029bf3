// All public rooms, to be searched and joined; and the ways to a room that is not among them.
import type { RoomInfo } from '@belfry/client';
import { useRooms } from '@belfry/react';
import { lazy, Suspense, useId, useState } from 'react';
import { Back, Hash, Plus } from '../../design/icons';
import { counted } from '../people/names';
import './directory.css';
import { usePublicRooms } from './use-public-rooms';

const NewRoom = lazy(() => import('./NewRoom').then((module) => ({ default: module.NewRoom })));
const NewDirect = lazy(() => import('./NewDirect').then((module) => ({ default: module.NewDirect })));

export interface DirectoryProps {
  /** Where a room is found; `null`: the list of rooms. */
  addressOf(roomId: string | null): string;
  onOpenRoom(roomId: string): void;
}

export function Directory({ addressOf, onOpenRoom }: DirectoryProps) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<'room' | 'direct' | null>(null);
  const { rooms, nextCursor, busy, problem, wish, again, more } = usePublicRooms(text);
  const own = useRooms(({ rooms }) => rooms);
  const joined = new Set(own.map(({ id }) => id));
  const id = useId();
  const close = () => setOpen(null);

  return (
    <main className="directory">
      <header className="room-head">
        <a className="button quiet icon-only back" href={addressOf(null)} aria-label="All rooms">
          <Back />
        </a>
        <div className="room-title">
          <h1 tabIndex={-1}>Public rooms</h1>
        </div>
        <button className="button quiet" type="button" onClick={() => setOpen('direct')}>
          New message
        </button>
        <button className="button quiet" type="button" onClick={() => setOpen('room')}>
          <Plus />
          Make a room
        </button>
      </header>
      <div className="directory-body">
        <label className="visually-hidden" htmlFor={id}>
          Search public rooms
        </label>
        <input
          id={id}
          type="search"
          value={text}
          placeholder="Search by name"
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        {problem && (
          <p className="problem" role="alert">
            {problem}{' '}
            <button className="button link" type="button" onClick={again}>
              Try again
            </button>
          </p>
        )}
        <div role="status">
          {rooms === null && !problem && <Waiting />}
          {rooms?.length === 0 && !problem && (
            <p className="soft directory-none">
              {wish === '' ? 'There are no public rooms yet.' : 'No room has such a name.'}
            </p>
          )}
        </div>
        <ul className="cards" aria-label="Public rooms" aria-busy={busy}>
          {rooms?.map((room) => (
            <Card key={room.id} room={room} href={addressOf(room.id)} joined={joined.has(room.id)} />
          ))}
        </ul>
        {nextCursor && (
          <button className="button" type="button" disabled={busy} onClick={more}>
            Show more
          </button>
        )}
      </div>
      <Suspense fallback={null}>
        {open === 'room' && <NewRoom onOpenRoom={onOpenRoom} onClose={close} />}
        {open === 'direct' && <NewDirect onOpenRoom={onOpenRoom} onClose={close} />}
      </Suspense>
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
        <span className="soft count">
          {counted(memberCount)} {memberCount === 1 ? 'member' : 'members'}
          {joined && <span className="card-joined">Joined</span>}
        </span>
        <span className="card-act">{joined ? 'Open' : 'Join'}</span>
      </a>
    </li>
  );
}

const ROWS = [1, 2, 3, 4];

/** Where the rooms will stand. */
function Waiting() {
  return (
    <>
      <span className="visually-hidden">Loading…</span>
      <div className="cards" aria-hidden="true">
        {ROWS.map((row) => (
          <div key={row} className="card card-waiting" />
        ))}
      </div>
    </>
  );
}
