// The people of a room: who is here now, and who its members are.
import { useRoom } from '@belfry/react';
import { useEffect } from 'react';
import { IconButton } from '../../design/Button';
import { Close } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { Segments } from '../../design/Segments';
import { HereNow } from './HereNow';
import './people.css';

/** From this width on the panel stands beside the messages. */
export const WIDE = '(min-width: 70rem)';

/** `add`: the members, about to get one more. */
export type PeopleTab = 'here' | 'members' | 'add';

export interface PeoplePanelProps {
  tab: PeopleTab;
  onTab(tab: PeopleTab): void;
  onClose(): void;
}

const MemberList = lazyPart(() => import('./MemberList').then((module) => module.MemberList));

const TABS = [
  { value: 'here', label: 'Here now' },
  { value: 'members', label: 'Members' },
] as const;

export function PeoplePanel({ tab, onTab, onClose }: PeoplePanelProps) {
  const { info } = useRoom();
  const direct = info?.visibility === 'direct';

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
        <IconButton label="Hide people" icon={<Close />} onClick={onClose} />
      </header>
      {!direct && (
        <Segments
          legend="Which people"
          options={TABS}
          value={tab === 'here' ? tab : 'members'}
          onChoose={onTab}
        />
      )}
      {tab === 'here' || direct ? (
        <HereNow />
      ) : (
        <MemberList adding={tab === 'add'} onMissing={() => onTab('here')} />
      )}
    </aside>
  );
}
