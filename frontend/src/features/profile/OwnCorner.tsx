// The user's own corner: how the others see them, and behind it status, profile and the way out.
import type { Session, Status, User } from '@belfry/client';
import { useClient, useMe } from '@belfry/react';
import { type ReactNode, useState } from 'react';
import { Avatar } from '../../design/Avatar';
import { Gear, Leave } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { Menu } from '../../design/Menu';
import { PRESENCE_WORDS, PresenceDot } from '../../design/PresenceDot';
import { useShortcut } from '../../keyboard';
import { useCut } from '../connection/use-cut';
import { useLogOut } from './use-log-out';
import './own-corner.css';

const Profile = lazyPart(() => import('./Profile').then((module) => module.default));

const STATUSES = ['online', 'away', 'busy'] as const satisfies readonly Status[];

interface OwnCornerProps {
  session: Session;
  /** More settings, below those of the profile. */
  children?: ReactNode;
}

export function OwnCorner({ session, children }: OwnCornerProps) {
  const client = useClient();
  const me = useMe();
  const cut = useCut();
  const [editing, setEditing] = useState(false);
  const logOut = useLogOut(session);
  useShortcut('settings', () => setEditing(true));
  if (!me) return null;
  const name = shownName(me);
  const word = cut ? 'No connection' : PRESENCE_WORDS[me.status];
  return (
    <>
      <Menu
        label={`${name}, ${word}: profile and status`}
        look="bare"
        className="own-corner"
        side="above"
        align="start"
        face={
          <>
            <Avatar id={me.id} name={name} status={cut ? 'offline' : me.status} />
            <span className="own-name">
              <span className="clip">{name}</span> <span className="soft small">{word}</span>
            </span>
          </>
        }
        choices={[
          ...STATUSES.map((status) => ({
            label: PRESENCE_WORDS[status],
            icon: <PresenceDot status={status} />,
            checked: me.status === status,
            run: () => client.setStatus(status),
          })),
          { label: 'Profile and theme', icon: <Gear />, run: () => setEditing(true) },
          { label: 'Log out', icon: <Leave />, danger: true, run: logOut.ask },
        ]}
      />
      {editing && (
        <Profile me={me} onClose={() => setEditing(false)} onMissing={() => setEditing(false)}>
          {children}
        </Profile>
      )}
      {logOut.question}
    </>
  );
}

/** As the others read it. */
function shownName({ displayName, username }: User): string {
  return displayName ?? username;
}
