// The members of a room with their roles, and, for those who may, what to do about them.
import type { Chat } from '../chat';
import { type LiveRoom, nameOf } from '../chat-state';
import { mayManage, mayOwn, mayRemove } from '../permission';
import type { Member, Role, User } from '../wire';
import { AddMember } from './AddMember';
import type { Choice } from './Menu';
import { PersonRow } from './PersonRow';
import { useDirect } from './use-direct';
import { useMembers } from './use-members';

const ROLE_WORD: Record<Role, string> = { owner: 'Owner', moderator: 'Moderator', member: '' };
const ORDER: Record<Role, number> = { owner: 0, moderator: 1, member: 2 };

export function MemberList({ chat, room, me }: { chat: Chat; room: LiveRoom; me: User }) {
  const { members, nextCursor, problem, more, change } = useMembers(chat, room.id);
  const direct = useDirect(chat);
  const trouble = problem || direct.problem;
  const known = new Set(members?.map(({ user }) => user.id));

  function choicesFor({ user, role }: Member): Choice[] {
    if (user.id === me.id) return [];
    const choices: Choice[] = [{ label: 'Message', run: () => direct.open(user.id) }];
    const give = (wish: Role, label: string) =>
      choices.push({ label, run: () => void change(() => chat.desk.setRole(room.id, user.id, wish)) });
    if (mayOwn(room.info)) {
      if (role !== 'owner') give('owner', 'Make owner');
      if (role !== 'moderator') give('moderator', 'Make moderator');
      if (role !== 'member') give('member', 'Make plain member');
    }
    if (mayRemove(room.info, role)) {
      choices.push({
        label: 'Remove from room',
        danger: true,
        run: () => void change(() => chat.desk.removeMember(room.id, user.id)),
      });
    }
    return choices;
  }

  return (
    <>
      {mayManage(room.info) && (
        <AddMember
          chat={chat}
          known={known}
          onAdd={(userId) => change(() => chat.desk.addMember(room.id, userId))}
        />
      )}
      {trouble && (
        <p className="problem hint" role="alert">
          {trouble}
        </p>
      )}
      {members === null && !trouble && <p className="soft hint">Loading…</p>}
      <ul>
        {[...(members ?? [])].sort(byRoleAndName).map((member) => (
          <PersonRow
            key={member.user.id}
            id={member.user.id}
            name={nameOf(member.user)}
            status={room.people.online.get(member.user.id)?.status ?? member.user.status}
            word={ROLE_WORD[member.role]}
            me={member.user.id === me.id}
            choices={choicesFor(member)}
          />
        ))}
      </ul>
      {nextCursor && (
        <button className="button quiet" type="button" onClick={more}>
          Show more
        </button>
      )}
    </>
  );
}

function byRoleAndName(a: Member, b: Member): number {
  return ORDER[a.role] - ORDER[b.role] || nameOf(a.user).localeCompare(nameOf(b.user));
}
