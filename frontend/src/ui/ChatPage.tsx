// The signed-in page: the rooms at the left, what the address names beside them.
import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Chat } from '../chat';
import { roomName, unreadCount } from '../chat-state';
import { BROWSE, roomInAddress } from '../room-id';
import { Confirm } from './Confirm';
import { Directory } from './Directory';
import { Bell } from './icons';
import { RoomView } from './RoomView';
import { Sidebar } from './Sidebar';
import { StatusLine } from './StatusLine';

interface ChatPageProps {
  chat: Chat;
  /** Whether nobody can come back to this user once they are gone. */
  guest: boolean;
  onLogOut(): void;
}

export function ChatPage({ chat, guest, onLogOut }: ChatPageProps) {
  const state = useSyncExternalStore(chat.subscribe, chat.state);
  const hash = useSyncExternalStore(onAddress, () => window.location.hash);
  const [leaving, setLeaving] = useState(false);
  const browsing = hash === BROWSE;
  const room = state.active === null ? undefined : state.rooms[state.active];
  const unread = Object.values(state.rooms).reduce((sum, each) => sum + unreadCount(each), 0);
  const where = browsing ? 'Public rooms · ' : room ? `${roomName(room)} · ` : '';
  const title = `${unread > 0 ? `(${unread}) ` : ''}${where}Belfry`;

  useEffect(() => chat.visit(roomInAddress(hash)), [chat, hash]);

  useEffect(() => {
    document.title = title;
  }, [title]);

  return (
    <div className="chat" data-view={room || browsing ? 'room' : 'rooms'}>
      <Sidebar
        chat={chat}
        state={state}
        browsing={browsing}
        onSignOut={() => (guest ? setLeaving(true) : onLogOut())}
      />
      <div className="stage">
        <StatusLine state={state} />
        {browsing ? (
          <Directory chat={chat} state={state} />
        ) : room ? (
          <RoomView key={room.id} chat={chat} room={room} me={state.me} />
        ) : (
          <NoRoom />
        )}
      </div>
      <div className="visually-hidden" aria-live="polite">
        <p key={state.announcement.count}>{state.announcement.text}</p>
      </div>
      {leaving && (
        <Confirm title="Log out?" action="Log out" run={onLogOut} onClose={() => setLeaving(false)}>
          <p>You are here as a guest: nobody can come back as {state.me.username} afterwards.</p>
        </Confirm>
      )}
    </div>
  );
}

function NoRoom() {
  return (
    <main className="empty">
      <Bell className="empty-bell" />
      <h1>Nobody is ringing yet</h1>
      <p className="soft">Join a room from the list, or type a name to open one of your own.</p>
      <p className="row">
        <a className="button" href={BROWSE}>
          Browse public rooms
        </a>
      </p>
    </main>
  );
}

function onAddress(changed: () => void) {
  window.addEventListener('hashchange', changed);
  return () => window.removeEventListener('hashchange', changed);
}
