// Somebody in a list, with a word beside the name and what can be done.
import type { Status } from '@belfry/client';
import { Avatar } from '../../design/Avatar';
import { More } from '../../design/icons';
import { type Choice, Menu } from '../../design/Menu';

interface PersonRowProps {
  id: string;
  name: string;
  status: Status;
  word: string;
  me: boolean;
  choices: readonly Choice[];
  /** Shows who they are. */
  onPerson?(userId: string): void;
}

export function PersonRow({ id, name, status, word, me, choices, onPerson }: PersonRowProps) {
  return (
    <li className="person">
      <Avatar id={id} name={name} status={status} />
      <span className="person-name">
        {onPerson ? (
          <button className="person-link clip" type="button" onClick={() => onPerson(id)}>
            {name}
          </button>
        ) : (
          <span className="clip">{name}</span>
        )}
        {me && <span className="soft">(you)</span>}
      </span>
      <span className="soft person-word">{word}</span>
      {choices.length > 0 && (
        <Menu label={`${name}: what can be done`} face={<More />} size="small" choices={choices} />
      )}
    </li>
  );
}
