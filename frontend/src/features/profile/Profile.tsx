// The window with the user's own profile: the name that is shown, and how the page looks.
import type { User } from '@belfry/client';
import { type ReactNode, useId } from 'react';
import { Avatar } from '../../design/Avatar';
import { Dialog, DialogBody } from '../../design/Dialog';
import { Moon, Screen, Sun } from '../../design/icons';
import { Segments } from '../../design/Segments';
import { useTheme } from '../../design/theme';
import { DisplayName } from './DisplayName';
import './profile.css';

const THEMES = [
  { value: 'system', label: 'System', icon: <Screen /> },
  { value: 'light', label: 'Light', icon: <Sun /> },
  { value: 'dark', label: 'Dark', icon: <Moon /> },
] as const;

interface ProfileProps {
  me: User;
  onClose(): void;
  children?: ReactNode;
}

export default function Profile({ me, onClose, children }: ProfileProps) {
  const theme = useTheme();
  const themeId = useId();
  return (
    <Dialog title="Your profile" onClose={onClose}>
      <DialogBody className="profile">
        <div className="profile-face">
          <Avatar id={me.id} name={me.displayName ?? me.username} status={me.status} size="large" />
          <p className="profile-names">
            <span className="profile-name clip">{me.displayName ?? me.username}</span>
            <span className="soft clip">@{me.username}</span>
          </p>
        </div>
        <DisplayName me={me} />
        <section aria-labelledby={themeId} className="profile-part">
          <h3 id={themeId}>Theme</h3>
          <Segments legend="Theme" options={THEMES} value={theme.choice} onChoose={theme.choose} />
        </section>
        {children}
      </DialogBody>
    </Dialog>
  );
}
