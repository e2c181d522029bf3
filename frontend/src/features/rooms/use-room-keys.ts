// Alt with an arrow: the room above or below, with Shift the next unread one.
import type { RoomSummary } from '@belfry/client';
import { useClient } from '@belfry/react';
import { useShortcut } from '../../keyboard';
import { go, type Place, roomAddress } from '../../routes';
import { neighbour } from './room-order';

const isUnread = ({ unread }: RoomSummary) => unread > 0;

export function useRoomKeys(place: Place) {
  const { rooms } = useClient();
  const here = place.view === 'room' ? place.roomId : null;

  function step(by: 1 | -1, fits?: (room: RoomSummary) => boolean) {
    const next = neighbour(rooms.get().rooms, here, by, fits);
    if (next) go(roomAddress(next.id));
  }

  useShortcut('previousRoom', () => step(-1));
  useShortcut('nextRoom', () => step(1));
  useShortcut('previousUnread', () => step(-1, isUnread));
  useShortcut('nextUnread', () => step(1, isUnread));
}
