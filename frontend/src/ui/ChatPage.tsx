// The signed-in page: the rooms at the left, the one that the address names beside them.
import { useEffect, useSyncExternalStore } from 'react';
import { type Chat, roomName, unreadCount } from '../chat';
import { roomInAddress } from '../room-id';
import { Bell } from './icons';
import { RoomView } from './RoomView';
import { Sidebar } from './Sidebar';
import { StatusLine } from './StatusLine';

export function ChatPage({ chat, onSignOut }: { chat: Chat; onSignOut(): void }) {
  const state = useSyncExternalStore(chat.subscribe, chat.state);
  const room = state.active === null ? undefined : state.rooms[state.active];
  const unread = Object.values(state.rooms).reduce((sum, each) => sum + unreadCount(each), 0);
  const title = `${unread > 0 ? `(${unread}) ` : ''}${room ? `${roomName(room)} · ` : ''}Belfry`;

  useEffect(() => {
    const follow = () => chat.visit(roomInAddress(window.location.hash));
    follow();
    window.addEventListener('hashchange', follow);
    return () => window.removeEventListener('hashchange', follow);
  }, [chat]);

  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <div className="chat" data-view={room ? 'room' : 'rooms'}>
      <Sidebar chat={chat} state={state} onSignOut={onSignOut} />
      <div className="stage">
        <StatusLine state={state} />
        {room ? <RoomView key={room.id} chat={chat} room={room} me={state.me} /> : <NoRoom />}
      </div>
      <div className="visually-hidden" aria-live="polite">
        <p key={state.announcement.count}>{state.announcement.text}</p>
      </div>
    </div>
  );
}

function NoRoom() {
  return (
    <main className="empty">
      <Bell className="empty-bell" />
      <h1>Nobody is ringing yet</h1>
      <p className="soft">Join a room from the list, or type a name to open one of your own.</p>
    </main>
  );
}
