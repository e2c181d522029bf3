// The people of a room: who is here now, and who its members are.
import { useEffect } from 'react';
import type { Chat } from '../chat';
import { isDirect, type LiveRoom } from '../chat-state';
import type { User } from '../wire';
import { HereNow } from './HereNow';
import { Close } from './icons';
import { MemberList } from './MemberList';
import { Segments } from './Segments';

/** From this width on the panel stands beside the messages. */
export const WIDE = '(min-width: 70rem)';

export type PeopleTab = 'here' | 'members';

interface PeoplePanelProps {
  chat: Chat;
  room: LiveRoom;
  me: User;
  tab: PeopleTab;
  onTab(tab: PeopleTab): void;
  onClose(): void;
}

const TABS = [
  { value: 'here', label: 'Here now' },
  { value: 'members', label: 'Members' },
] as const;

export function PeoplePanel({ chat, room, me, tab, onTab, onClose }: PeoplePanelProps) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Beside the messages it covers nothing; over them it is in the way. What lies above it is closed first.
      const above = document.querySelector('dialog[open], :popover-open');
      if (event.key === 'Escape' && !above && !window.matchMedia(WIDE).matches) onClose();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [onClose]);

  return (
    <aside className="people" id="people" aria-labelledby="people-heading">
      <header>
        <h2 id="people-heading">In this room</h2>
        <button className="button quiet icon-only" type="button" onClick={onClose} aria-label="Hide people">
          <Close />
        </button>
      </header>
      {!isDirect(room) && <Segments legend="Which people" options={TABS} value={tab} onChoose={onTab} />}
      {tab === 'here' || isDirect(room) ? (
        <HereNow chat={chat} room={room} me={me} />
      ) : (
        <MemberList chat={chat} room={room} me={me} />
      )}
    </aside>
  );
}
