// Says what the others write, once, while one is in the room: the list itself is silent, or scrolling would be read out.
import type { MessagesState } from '@belfry/client';
import { useEffect, useRef } from 'react';
import { useAnnounce } from '../../design/Announcer';
import { useShownName } from './shown-names';

const MOST_SAID = 3;
const LONGEST = 200;

export function useAnnouncedMessages(
  { messages, status, epoch, hasNewer }: MessagesState,
  me: string | null,
) {
  const announce = useAnnounce();
  const nameOf = useShownName();
  const said = useRef<{ epoch: number; seq: number } | null>(null);

  useEffect(() => {
    if (status !== 'ready' || hasNewer) return;
    const newest = messages.findLast((message) => message.seq !== null)?.seq ?? 0;
    const before = said.current;
    said.current = { epoch, seq: newest };
    // A list that has just come is not news.
    if (before?.epoch !== epoch || newest <= before.seq) return;
    const fresh = [];
    for (let index = messages.length - 1; index >= 0; index -= 1) {
      const message = messages[index];
      if (message?.seq && message.seq <= before.seq) break;
      if (message?.seq && message.userId !== me && !message.deletedAt) fresh.unshift(message);
    }
    if (fresh.length > MOST_SAID) announce(`${fresh.length} new messages`);
    else if (fresh.length > 0)
      announce(fresh.map((each) => `${nameOf(each)}: ${each.content.slice(0, LONGEST)}`).join('. '));
  }, [messages, status, epoch, hasNewer, me, announce, nameOf]);
}
