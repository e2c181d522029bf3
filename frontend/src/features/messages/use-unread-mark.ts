// Where the unread began when somebody last looked: it stays there while they read, and moves when they have been away.
import type { UnreadState } from '@belfry/client';
import { useState } from 'react';

export interface UnreadMark {
  /** The last `seq` that had been read. */
  after: number;
  /** How many there were after it. */
  count: number;
}

/** `ready`: the server has said what was read. `seeing`: the newest message is before the reader's eyes. `null`: no mark. */
export function useUnreadMark(unread: UnreadState, ready: boolean, seeing: boolean): UnreadMark | null {
  const [mark, setMark] = useState<UnreadMark | null | undefined>();
  const [waiting, setWaiting] = useState(false);
  const { lastReadSeq, count } = unread;
  const any = count > 0;

  if (ready && lastReadSeq !== null) {
    if (mark === undefined) {
      setMark(any ? { after: lastReadSeq, count } : null);
      setWaiting(any);
    } else if (any && !seeing && !waiting) {
      setMark({ after: lastReadSeq, count });
      setWaiting(true);
    } else if (any && waiting && mark && mark.after === lastReadSeq && mark.count !== count) {
      setMark({ after: lastReadSeq, count });
    } else if (!any && waiting) {
      setWaiting(false);
    }
  }
  return mark ?? null;
}
