// The rooms: a field to join by name, the joined ones with what is unread, the public ones, and the user's own corner.
import { type FormEvent, useId, useState } from 'react';
import { type Chat, type ChatState, type LiveRoom, roomName, unreadCount } from '../chat';
import { addressOf, roomIdFrom } from '../room-id';
import type { Room } from '../wire';
import { Avatar } from './Avatar';
import { Bell, Hash, Leave } from './icons';
import { StatusChoice } from './StatusChoice';

interface SidebarProps {
  chat: Chat;
  state: ChatState;
  onSignOut(): void;
}

export function Sidebar({ chat, state, onSignOut }: SidebarProps) {
  const joined = Object.values(state.rooms).sort((a, b) => roomName(a).localeCompare(roomName(b)));
  const others = (state.directory ?? []).filter((room) => !state.rooms[room.id]);
  return (
    <div className="sidebar">
      <div className="sidebar-head">
        <Bell className="brand-bell" />
        <span className="brand">Belfry</span>
      </div>
      <JoinForm chat={chat} known={[...joined.map(named), ...others]} />
      <nav className="room-lists" aria-label="Rooms">
        <h2 id="joined-rooms">Your rooms</h2>
        {joined.length === 0 && <p className="soft hint">None yet.</p>}
        <ul aria-labelledby="joined-rooms">
          {joined.map((room) => (
            <JoinedRoom key={room.id} room={room} current={room.id === state.active} />
          ))}
        </ul>
        <h2 id="public-rooms">Public rooms</h2>
        <DirectoryHint chat={chat} state={state} others={others.length} />
        <ul aria-labelledby="public-rooms">
          {others.map((room) => (
            <OtherRoom key={room.id} room={room} />
          ))}
        </ul>
      </nav>
      <div className="own-corner">
        <Avatar userId={state.me.id} username={state.me.username} status={state.me.status} />
        <div className="own-name">
          <span className="clip">{state.me.username}</span>
          <StatusChoice status={state.me.status} onChoose={chat.setStatus} />
        </div>
        <button className="button quiet icon-only" type="button" onClick={onSignOut} aria-label="Sign out">
          <Leave />
        </button>
      </div>
    </div>
  );
}

function JoinForm({ chat, known }: { chat: Chat; known: readonly Pick<Room, 'id' | 'name'>[] }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const field = useId();
  const problemId = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    const roomId = roomIdFrom(text, known);
    if (!roomId) return setProblem('Use at least one letter from a to z, or a digit.');
    setText('');
    setProblem('');
    chat.join(roomId);
    window.location.hash = addressOf(roomId);
  }

  return (
    <form className="join" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={field}>
        Join or open a room
      </label>
      <input
        id={field}
        value={text}
        placeholder="Join or open a room"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        onChange={(event) => setText(event.target.value)}
        onFocus={chat.refreshDirectory}
        aria-describedby={problemId}
        aria-invalid={problem !== ''}
      />
      <button className="button" type="submit">
        Join
      </button>
      <p id={problemId} className="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}

function JoinedRoom({ room, current }: { room: LiveRoom; current: boolean }) {
  const unread = current ? 0 : unreadCount(room);
  return (
    <li>
      <a
        className="room-link"
        href={addressOf(room.id)}
        aria-current={current ? 'page' : undefined}
        data-unread={unread > 0}
      >
        <Hash />
        <span className="clip">{roomName(room)}</span>
        {room.phase === 'refused' && <span className="badge muted">closed</span>}
        {unread > 0 && (
          <span className="badge">
            {unread > 99 ? '99+' : unread}
            <span className="visually-hidden"> unread</span>
          </span>
        )}
      </a>
    </li>
  );
}

function OtherRoom({ room }: { room: Room }) {
  return (
    <li>
      <a className="room-link other" href={addressOf(room.id)}>
        <Hash />
        <span className="clip">{room.name}</span>
        <span className="count">
          {room.memberCount} {room.memberCount === 1 ? 'member' : 'members'}
        </span>
      </a>
    </li>
  );
}

function DirectoryHint({ chat, state, others }: { chat: Chat; state: ChatState; others: number }) {
  if (state.directoryFailed) {
    return (
      <p className="soft hint">
        The list could not be loaded.{' '}
        <button className="button link" type="button" onClick={chat.refreshDirectory}>
          Try again
        </button>
      </p>
    );
  }
  if (state.directory === null) return <p className="soft hint">Loading…</p>;
  return others === 0 ? <p className="soft hint">No others.</p> : null;
}

function named(room: LiveRoom): Pick<Room, 'id' | 'name'> {
  return { id: room.id, name: roomName(room) };
}
