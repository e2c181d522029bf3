// One room: its head, its messages, the people in it, and the field to write in.
import { useCallback, useEffect, useRef, useState } from 'react';
import { type Chat, type LiveRoom, roomName, unreadCount } from '../chat';
import { typingSentence } from '../people';
import { addressOf } from '../room-id';
import type { User } from '../wire';
import { Composer } from './Composer';
import { Back, Hash, PeopleSign } from './icons';
import { MessageList } from './MessageList';
import { PeoplePanel, WIDE } from './PeoplePanel';

interface RoomViewProps {
  chat: Chat;
  room: LiveRoom;
  me: User;
}

export function RoomView({ chat, room, me }: RoomViewProps) {
  const [peopleShown, setPeopleShown] = useState(() => window.matchMedia(WIDE).matches);
  const [mark, setMark] = useState<number | null | undefined>();
  const heading = useRef<HTMLHeadingElement>(null);
  const name = roomName(room);

  // Where the unread began when the room was opened; it stays there while the room is read.
  if (mark === undefined && room.history.rev !== null) setMark(unreadCount(room) > 0 ? room.readSeq : null);

  useEffect(() => {
    if (!window.matchMedia('(pointer: fine)').matches) heading.current?.focus();
  }, []);

  const hidePeople = useCallback(() => setPeopleShown(false), []);

  function leave() {
    chat.leave(room.id);
    window.location.hash = addressOf(null);
  }

  return (
    <div className="room" data-people={peopleShown}>
      <main className="room-main">
        <header className="room-head">
          <a className="button quiet icon-only back" href={addressOf(null)} aria-label="All rooms">
            <Back />
          </a>
          <div className="room-title">
            <h1 ref={heading} tabIndex={-1}>
              <Hash />
              <span className="clip">{name}</span>
            </h1>
            {room.info?.topic && <p className="soft clip">{room.info.topic}</p>}
          </div>
          <button
            className="button quiet"
            type="button"
            aria-expanded={peopleShown}
            aria-controls="people"
            onClick={() => setPeopleShown(!peopleShown)}
          >
            <PeopleSign />
            <span>
              {room.people.count} <span className="wide-only">online</span>
              <span className="visually-hidden">: show or hide who</span>
            </span>
          </button>
          <button className="button quiet" type="button" onClick={leave}>
            Leave<span className="visually-hidden"> {name}</span>
          </button>
        </header>
        {room.phase === 'refused' ? (
          <Refused problem={room.problem} onRetry={() => chat.join(room.id)} onLeave={leave} />
        ) : (
          <>
            <MessageList chat={chat} room={room} me={me} unreadAfter={mark ?? null} />
            <Composer
              chat={chat}
              roomId={room.id}
              roomName={name}
              userId={me.id}
              typing={typingSentence(room.people, me.id)}
            />
          </>
        )}
      </main>
      {peopleShown && <PeoplePanel people={room.people} me={me} onClose={hidePeople} />}
    </div>
  );
}

interface RefusedProps {
  problem: string | null;
  onRetry(): void;
  onLeave(): void;
}

function Refused({ problem, onRetry, onLeave }: RefusedProps) {
  return (
    <div className="empty" role="alert">
      <h2>This room is closed to you</h2>
      <p className="soft">{problem}</p>
      <p className="row">
        <button className="button" type="button" onClick={onRetry}>
          Try again
        </button>
        <button className="button quiet" type="button" onClick={onLeave}>
          Take it off the list
        </button>
      </p>
    </div>
  );
}
