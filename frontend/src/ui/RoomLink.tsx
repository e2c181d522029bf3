// One of the user's rooms in the list, with how much in it is unread.
import { isDirect, type LiveRoom, namesMe, roomName, unreadCount } from '../chat-state';
import { addressOf } from '../room-id';
import { RoomSign } from './RoomSign';

interface RoomLinkProps {
  room: LiveRoom;
  me: string;
  current: boolean;
}

export function RoomLink({ room, me, current }: RoomLinkProps) {
  // What is open is being read, unless nobody looks at it.
  const unread = current && document.visibilityState === 'visible' ? 0 : unreadCount(room);
  const calls = unread > 0 && (isDirect(room) || namesMe(room, me));
  return (
    <li>
      <a
        className="room-link"
        href={addressOf(room.id)}
        aria-current={current ? 'page' : undefined}
        data-unread={unread > 0}
      >
        <RoomSign visibility={room.info?.visibility} />
        <span className="clip">{roomName(room)}</span>
        {room.phase === 'refused' && <span className="badge muted">closed</span>}
        {unread > 0 && (
          <span className="badge" data-calls={calls}>
            {unread > 99 ? '99+' : unread}
            <span className="visually-hidden">
              {calls && !isDirect(room) ? ' unread, for you' : ' unread'}
            </span>
          </span>
        )}
      </a>
    </li>
  );
}
