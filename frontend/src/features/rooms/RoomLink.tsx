// One of the user's rooms in the list, with what is unread, begun or waiting in it.
import type { RoomSummary } from '@belfry/client';
import { memo } from 'react';
import { Avatar } from '../../design/Avatar';
import { Badge } from '../../design/Badge';
import { Clock, Hash, Lock, Pencil } from '../../design/icons';
import { roomAddress } from '../../routes';

interface RoomLinkProps {
  room: RoomSummary;
  current: boolean;
  /** Whether it is known who is there: without a connection it is not. */
  live: boolean;
}

export const RoomLink = memo(function RoomLink({ room, current, live }: RoomLinkProps) {
  const { title, unread, unreadMentions, waiting, hasDraft, visibility } = room;
  const calls = unreadMentions > 0 || (visibility === 'direct' && unread > 0);
  return (
    <a
      className="room-link"
      href={roomAddress(room.id)}
      aria-current={current ? 'page' : undefined}
      data-unread={unread > 0}
    >
      <Sign room={room} live={live} />
      <span className="clip">{title}</span>
      <span className="room-marks">
        {waiting > 0 && (
          <span className="room-mark" data-mark="waiting">
            <Clock />
            <span className="visually-hidden">{`${waiting} waiting to be sent`}</span>
          </span>
        )}
        {hasDraft && !current && (
          <span className="room-mark">
            <Pencil />
            <span className="visually-hidden">draft</span>
          </span>
        )}
        {unread > 0 && (
          <Badge
            tone={calls ? 'calls' : 'plain'}
            spoken={calls && visibility !== 'direct' ? ' unread, for you' : ' unread'}
          >
            {unread}
          </Badge>
        )}
      </span>
    </a>
  );
});

function Sign({ room: { visibility, partner, title }, live }: Pick<RoomLinkProps, 'room' | 'live'>) {
  if (visibility === 'direct') {
    const status = live ? partner?.status : undefined;
    return (
      <span className="room-sign">
        <Avatar id={partner?.id ?? title} name={title} size="small" status={status} />
        {status && status !== 'offline' && <span className="visually-hidden">{`${status}: `}</span>}
      </span>
    );
  }
  return (
    <span className="room-sign">
      {visibility === 'private' ? <Lock /> : <Hash />}
      {visibility === 'private' && <span className="visually-hidden">Private: </span>}
    </span>
  );
}
