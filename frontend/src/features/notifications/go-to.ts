// Where a notification leads: its room, and there its message.
import type { Client, Notification } from '@belfry/client';
import { currentPlace, go, roomAddress } from '../../routes';
import { findMessage } from './find-message';

/** The room at once; the message as soon as its place is known, if the person has not gone on by then. */
export async function goTo(
  client: Client,
  { roomId, messageId }: Pick<Notification, 'roomId' | 'messageId'>,
): Promise<void> {
  if (roomId === undefined) return;
  go(roomAddress(roomId));
  if (messageId === undefined) return;
  const room = client.room(roomId);
  const close = room.open();
  try {
    const seq = await findMessage(room, messageId);
    const place = currentPlace();
    if (seq !== null && place.view === 'room' && place.roomId === roomId) {
      go(roomAddress(roomId, seq), { replace: true });
    }
  } finally {
    close();
  }
}
