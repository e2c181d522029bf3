// Where the unread began when somebody last looked: it stays there while they read, and moves when they have been away.
import { useState } from 'react';
import { type LiveRoom, unreadCount } from '../chat-state';

/** `seeing`: the newest message is before the reader's eyes. `null`: no mark. */
export function useUnreadMark(room: LiveRoom, seeing: boolean): number | null {
  const [mark, setMark] = useState<number | null | undefined>();
  const [waiting, setWaiting] = useState(false);
  const known = room.history.rev !== null && room.readSeq !== null;
  const unread = unreadCount(room) > 0;

  if (known && mark === undefined) {
    setMark(unread ? room.readSeq : null);
    setWaiting(unread);
  } else if (known && unread && !seeing && !waiting) {
    setMark(room.readSeq);
    setWaiting(true);
  } else if (known && !unread && waiting) {
    setWaiting(false);
  }
  return mark ?? null;
}
