// Who is in the room now, and how.
import type { Chat } from '../chat';
import { isDirect, type LiveRoom } from '../chat-state';
import type { Person } from '../people';
import type { Status, User } from '../wire';
import { PersonRow, STATUS_WORD } from './PersonRow';
import { useDirect } from './use-direct';

const ORDER: Record<Status, number> = { online: 0, busy: 1, away: 2, offline: 3 };

export function HereNow({ chat, room, me }: { chat: Chat; room: LiveRoom; me: User }) {
  const { people } = room;
  const { open, problem } = useDirect(chat);
  const shown = [...people.online.values()].sort(byStatusAndName);
  const more = people.count - shown.length;
  return (
    <>
      {problem && (
        <p className="problem hint" role="alert">
          {problem}
        </p>
      )}
      <ul>
        {shown.map(({ id, username, status }) => (
          <PersonRow
            key={id}
            id={id}
            name={username}
            status={status}
            word={STATUS_WORD[status]}
            me={id === me.id}
            choices={id === me.id || isDirect(room) ? [] : [{ label: 'Message', run: () => open(id) }]}
          />
        ))}
      </ul>
      {more > 0 && <p className="soft hint">and {more} more</p>}
    </>
  );
}

function byStatusAndName(a: Person, b: Person): number {
  return ORDER[a.status] - ORDER[b.status] || a.username.localeCompare(b.username);
}
