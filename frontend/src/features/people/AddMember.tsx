// Finds people by name and makes them members, with a role where the user may give one.
import { mayOwn, type Role, type RoomInfo, type User } from '@belfry/client';
import { useRoomHandle } from '@belfry/react';
import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../design/Button';
import { nameOf, ROLE_WORD } from './names';
import { PeopleSearch } from './PeopleSearch';

interface AddMemberProps {
  info: RoomInfo;
  known: ReadonlySet<string>;
  /** Does it, says why not, and reads the members anew; whether it was done. */
  change(run: () => Promise<unknown>): Promise<boolean>;
  /** The field takes the focus. */
  begins: boolean;
}

const ROLES: readonly Role[] = ['member', 'moderator', 'owner'];

export function AddMember({ info, known, change, begins }: AddMemberProps) {
  const room = useRoomHandle();
  const [text, setText] = useState('');
  const [role, setRole] = useState<Role>('member');
  const [busy, setBusy] = useState<string | null>(null);
  const roleId = useId();
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (begins) box.current?.querySelector('input')?.focus();
  }, [begins]);

  async function add(userId: string) {
    setBusy(userId);
    const done = await change(() => room.addMember(userId, role));
    setBusy(null);
    if (done) setText('');
  }

  function addTheOne(found: readonly User[]) {
    const [one, ...others] = found.filter(({ id }) => !known.has(id));
    if (one && others.length === 0 && busy === null) void add(one.id);
  }

  return (
    <div ref={box} className="add-member">
      <PeopleSearch label="Add somebody by name" text={text} onText={setText} onEnter={addTheOne}>
        {(user) =>
          known.has(user.id) ? (
            <span className="soft person-word">Member</span>
          ) : (
            <Button
              size="small"
              aria-label={`Add ${nameOf(user)}`}
              busy={busy === user.id}
              onClick={() => void add(user.id)}
            >
              Add
            </Button>
          )
        }
      </PeopleSearch>
      {mayOwn(info) && text.trim() !== '' && (
        <p className="add-role">
          <label htmlFor={roleId}>Add as</label>
          <select
            className="input"
            id={roleId}
            value={role}
            onChange={(event) => setRole(event.target.value as Role)}
          >
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
