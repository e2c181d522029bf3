// The members of a room with their roles, and, for those who may, what to do about them.
import { type Member, mayManage, mayOwn, mayRemove, type Role } from '@belfry/client';
import { useMe, usePresence, useRoom } from '@belfry/react';
import { useEffect, useState } from 'react';
import { Button } from '../../design/Button';
import { Confirm } from '../../design/Confirm';
import { Field } from '../../design/Field';
import type { Choice } from '../../design/Menu';
import { ErrorState, Skeleton } from '../../design/States';
import { failureOf, memberSentence } from '../../language/sentences';
import { AddMember } from './AddMember';
import { byRoleAndName, counted, isCalled, nameOf, ROLE_WORD, roomTitle } from './names';
import { PersonRow } from './PersonRow';
import { useDirect } from './use-direct';
import { useMembers } from './use-members';

/** From here on a field that finds one of them is worth its place. */
const MANY = 10;

/** `adding`: the field for new members has the focus at once. */
export function MemberList({ adding }: { adding: boolean }) {
  const room = useRoom();
  const { info } = room;
  const { online } = usePresence();
  const me = useMe();
  const { members, nextCursor, loading, problem, more, again, change, exhausted } = useMembers(
    info?.memberCount,
  );
  const direct = useDirect();
  const [wish, setWish] = useState('');
  const [kicking, setKicking] = useState<Member | null>(null);
  const seeking = wish.trim() !== '';

  // Who is looked for may be on a page that was not read yet.
  useEffect(() => {
    if (seeking && nextCursor && !loading && !problem && !exhausted) more();
  }, [seeking, nextCursor, loading, problem, exhausted, more]);

  const status = new Map(online.map((person) => [person.id, person.status]));
  const known = new Set(members?.map(({ user }) => user.id));
  const shown = (members ?? []).filter(({ user }) => !seeking || isCalled(user, wish)).sort(byRoleAndName);
  const total = Math.max(info?.memberCount ?? 0, members?.length ?? 0);

  function choicesFor(member: Member): Choice[] {
    const { user, role } = member;
    if (user.id === me?.id) return [];
    const choices: Choice[] = [{ label: 'Message', run: () => direct.open(user.id) }];
    const give = (to: Role, label: string) =>
      role !== to && choices.push({ label, run: () => void change(() => room.setRole(user.id, to)) });
    if (mayOwn(info)) {
      give('owner', 'Make owner');
      give('moderator', 'Make moderator');
      give('member', 'Make plain member');
    }
    if (mayRemove(info, role))
      choices.push({ label: 'Remove from room', danger: true, run: () => setKicking(member) });
    return choices;
  }

  return (
    <>
      {info && mayManage(info) && <AddMember info={info} known={known} change={change} begins={adding} />}
      <p className="problem" role="alert">
        {direct.problem || (members && problem)}
      </p>
      {problem && members === null && (
        <ErrorState
          small
          level={3}
          title="No list of members"
          sentence={problem}
          busy={loading}
          onRetry={again}
        />
      )}
      {members === null && loading && !problem && <Skeleton label="Loading members" faces />}
      {(total > MANY || seeking) && (
        <Field label="Find a member" quiet>
          {(control) => (
            <input
              {...control}
              type="search"
              value={wish}
              placeholder={`Find among ${counted(total)} members`}
              autoComplete="off"
              spellCheck={false}
              onChange={(event) => setWish(event.target.value)}
            />
          )}
        </Field>
      )}
      <p className="soft small" role="status">
        {seeking && !loading && shown.length === 0 && 'No member has such a name.'}
      </p>
      <ul aria-label="Members" aria-busy={loading}>
        {shown.map((member) => (
          <PersonRow
            key={member.user.id}
            id={member.user.id}
            name={nameOf(member.user)}
            status={status.get(member.user.id) ?? member.user.status}
            word={member.role === 'member' ? '' : ROLE_WORD[member.role]}
            me={member.user.id === me?.id}
            choices={choicesFor(member)}
          />
        ))}
      </ul>
      {nextCursor && (
        <Button look="quiet" wide busy={loading} onClick={more}>
          Show more
        </Button>
      )}
      {kicking && (
        <Confirm
          title={`Remove ${nameOf(kicking.user)}?`}
          action="Remove from room"
          run={async () => {
            await room.removeMember(kicking.user.id);
            again();
          }}
          sentence={(error) => memberSentence(failureOf(error))}
          onClose={() => setKicking(null)}
        >
          <p>
            {info?.visibility === 'private'
              ? `They see nothing of ${roomTitle(room, room.id)} any more, until somebody adds them again.`
              : 'The room is public: they may join it again.'}
          </p>
        </Confirm>
      )}
    </>
  );
}
