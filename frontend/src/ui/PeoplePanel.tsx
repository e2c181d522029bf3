// Who is in the room now, and how.
import { useEffect } from 'react';
import type { People, Person } from '../people';
import type { Status, User } from '../wire';
import { Avatar } from './Avatar';
import { Close } from './icons';

/** From this width on the panel stands beside the messages. */
export const WIDE = '(min-width: 70rem)';

const ORDER: Record<Status, number> = { online: 0, busy: 1, away: 2, offline: 3 };
const LABEL: Record<Status, string> = { online: 'Online', away: 'Away', busy: 'Busy', offline: 'Offline' };

interface PeoplePanelProps {
  people: People;
  me: User;
  onClose(): void;
}

export function PeoplePanel({ people, me, onClose }: PeoplePanelProps) {
  const shown = [...people.online.values()].sort(byStatusAndName);
  const more = people.count - shown.length;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // Beside the messages it covers nothing; over them it is in the way.
      if (event.key === 'Escape' && !window.matchMedia(WIDE).matches) onClose();
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
      <ul>
        {shown.map(({ id, username, status }) => (
          <li key={id} className="person">
            <Avatar userId={id} username={username} status={status} />
            <span className="person-name">
              <span className="clip">{username}</span>
              {id === me.id && <span className="soft">(you)</span>}
            </span>
            <span className="soft person-status">{LABEL[status]}</span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className="soft hint">and {more} more</p>}
    </aside>
  );
}

function byStatusAndName(a: Person, b: Person): number {
  return ORDER[a.status] - ORDER[b.status] || a.username.localeCompare(b.username);
}
