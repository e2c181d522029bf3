// The rooms: a field to open one by name, the joined ones with what is unread, and the user's own corner.
import { type ReactNode, useState } from 'react';
import type { Chat } from '../chat';
import { type ChatState, isDirect, type LiveRoom, roomName } from '../chat-state';
import { BROWSE } from '../room-id';
import { Avatar } from './Avatar';
import { Bell, Compass, Leave, Plus } from './icons';
import { JoinForm } from './JoinForm';
import { NewRoom } from './NewRoom';
import { RoomLink } from './RoomLink';
import { StatusChoice } from './StatusChoice';

interface SidebarProps {
  chat: Chat;
  state: ChatState;
  browsing: boolean;
  onSignOut(): void;
}

export function Sidebar({ chat, state, browsing, onSignOut }: SidebarProps) {
  const [making, setMaking] = useState(false);
  const all = Object.values(state.rooms).sort((a, b) => roomName(a).localeCompare(roomName(b)));
  const rooms = all.filter((room) => !isDirect(room));
  const direct = all.filter(isDirect);
  return (
    <div className="sidebar">
      <div className="sidebar-head">
        <Bell className="brand-bell" />
        <span className="brand">Belfry</span>
      </div>
      <JoinForm chat={chat} known={all.map((room) => ({ id: room.id, name: roomName(room) }))} />
      <nav className="room-lists" aria-label="Rooms">
        <a className="room-link" href={BROWSE} aria-current={browsing ? 'page' : undefined}>
          <Compass />
          <span className="clip">Browse public rooms</span>
        </a>
        <RoomList id="joined-rooms" title="Your rooms" rooms={rooms} state={state}>
          <button
            className="button quiet icon-only small"
            type="button"
            aria-label="New room"
            title="New room"
            onClick={() => setMaking(true)}
          >
            <Plus />
          </button>
        </RoomList>
        {rooms.length === 0 && <p className="soft hint">None yet.</p>}
        {direct.length > 0 && (
          <RoomList id="direct-rooms" title="Direct messages" rooms={direct} state={state} />
        )}
      </nav>
      <div className="own-corner">
        <Avatar userId={state.me.id} username={state.me.username} status={state.me.status} />
        <div className="own-name">
          <span className="clip">{state.me.username}</span>
          <StatusChoice status={state.me.status} onChoose={chat.setStatus} />
        </div>
        <button
          className="button quiet icon-only"
          type="button"
          onClick={onSignOut}
          aria-label="Log out"
          title="Log out"
        >
          <Leave />
        </button>
      </div>
      {making && <NewRoom chat={chat} onClose={() => setMaking(false)} />}
    </div>
  );
}

interface RoomListProps {
  id: string;
  title: string;
  rooms: readonly LiveRoom[];
  state: ChatState;
  children?: ReactNode;
}

function RoomList({ id, title, rooms, state, children }: RoomListProps) {
  return (
    <>
      <div className="room-list-head">
        <h2 id={id}>{title}</h2>
        {children}
      </div>
      <ul aria-labelledby={id}>
        {rooms.map((room) => (
          <RoomLink key={room.id} room={room} me={state.me.id} current={room.id === state.active} />
        ))}
      </ul>
    </>
  );
}
