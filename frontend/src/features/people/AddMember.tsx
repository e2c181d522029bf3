// Finds people by name and makes them members, with a role where the user may give one.
import { mayOwn, type Role, type RoomInfo } from '@belfry/client';
import { useRoomHandle } from '@belfry/react';
import { useId, useState } from 'react';
import { nameOf, ROLE_WORD } from './names';
import { PeopleSearch } from './PeopleSearch';

interface AddMemberProps {
  info: RoomInfo;
  known: ReadonlySet<string>;
  /** Does it, says why not, and reads the members anew; whether it was done. */
  change(run: () => Promise<unknown>): Promise<boolean>;
}

const ROLES: readonly Role[] = ['member', 'moderator', 'owner'];

export function AddMember({ info, known, change }: AddMemberProps) {
  const room = useRoomHandle();
  const [text, setText] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [busy, setBusy] = useState(false);
  const roleId = useId();

  async function add(userId: string) {
    setBusy(true);
    const done = await change(() => room.addMember(userId, role));
    setBusy(false);
    if (done) setText('');
  }

  return (
    <div className="add-member">
      <PeopleSearch label="Add somebody by name" text={text} onText={setText}>
        {(user) =>
          known.has(user.id) ? (
            <span className="soft person-word">Member</span>
          ) : (
            <button
              className="button small"
              type="button"
              aria-label={`Add ${nameOf(user)}`}
              disabled={busy}
              onClick={() => void add(user.id)}
            >
              Add
            </button>
          )
        }
      </PeopleSearch>
      {mayOwn(info) && text.trim() !== '' && (
        <p className="add-role">
          <label htmlFor={roleId}>Add as</label>
          <select id={roleId} value={role} onChange={(event) => setRole(event.target.value as Role)}>
            {ROLES.map((each) => (
              <option key={each} value={each}>
                {ROLE_WORD[each]}
              </option>
            ))}
          </select>
        </p>
      )}
    </div>
  );
}
