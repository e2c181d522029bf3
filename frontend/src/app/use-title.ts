// What the browser's tab says: how much is unread, and where one is.
import { shallow, useRooms } from '@belfry/react';
import { useEffect } from 'react';
import type { Place } from '../routes';

export function useTitle(place: Place) {
  const roomId = place.view === 'room' ? place.roomId : null;
  const { unread, calls, name } = useRooms((state) => {
    const here = roomId === null ? undefined : state.rooms.find(({ id }) => id === roomId);
    return { unread: state.unread, calls: state.unreadMentions, name: here?.title };
  }, shallow);
  const where = place.view === 'browse' ? 'Public rooms · ' : roomId !== null ? `${name ?? roomId} · ` : '';
  const title = `${unread > 0 ? `(${unread > 99 ? '99+' : unread}) ` : ''}${where}Belfry`;

  useEffect(() => {
    document.title = title;
  }, [title]);

  // On the icon of an installed page.
  useEffect(() => {
    const done = calls > 0 ? navigator.setAppBadge?.(calls) : navigator.clearAppBadge?.();
    done?.catch(() => undefined);
  }, [calls]);
}
