// Somebody in a list, with a word beside the name and what can be done.
import type { Status } from '../wire';
import { Avatar } from './Avatar';
import { More } from './icons';
import { type Choice, Menu } from './Menu';

export const STATUS_WORD: Record<Status, string> = {
  online: 'Online',
  away: 'Away',
  busy: 'Busy',
  offline: 'Offline',
};

interface PersonRowProps {
  id: string;
  name: string;
  status: Status;
  word: string;
  me: boolean;
  choices: readonly Choice[];
}

export function PersonRow({ id, name, status, word, me, choices }: PersonRowProps) {
  return (
    <li className="person">
      <Avatar userId={id} username={name} status={status} />
      <span className="person-name">
        <span className="clip">{name}</span>
        {me && <span className="soft">(you)</span>}
      </span>
      <span className="soft person-status">{word}</span>
      {choices.length > 0 && (
        <Menu
          label={`${name}: what can be done`}
          face={<More />}
          className="button quiet icon-only small"
          choices={choices}
        />
      )}
    </li>
  );
}
