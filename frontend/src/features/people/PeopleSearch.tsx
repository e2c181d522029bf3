// A field that finds people by name, and for each of them what can be done.
import type { User } from '@belfry/client';
import { type ReactNode, useId } from 'react';
import { Avatar } from '../../design/Avatar';
import { nameOf } from './names';
import { usePeopleSearch } from './use-people-search';

interface PeopleSearchProps {
  label: string;
  text: string;
  onText(text: string): void;
  /** What stands at the end of somebody's row. */
  children(user: User): ReactNode;
}

export function PeopleSearch({ label, text, onText, children }: PeopleSearchProps) {
  const { found, busy, problem } = usePeopleSearch(text);
  const id = useId();
  return (
    <div className="people-search" aria-busy={busy}>
      <label className="visually-hidden" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        type="search"
        value={text}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        maxLength={64}
        onChange={(event) => onText(event.target.value)}
      />
      <p className="problem" role="alert">
        {problem}
      </p>
      <p className="soft hint" role="status">
        {found === null && busy && 'Looking…'}
        {found?.length === 0 && !busy && 'Nobody has such a name.'}
      </p>
      {found && found.length > 0 && (
        <ul aria-label="People found">
          {found.map((user) => (
            <li key={user.id} className="person">
              <Avatar userId={user.id} username={nameOf(user)} status={user.status} />
              <span className="person-name">
                <span className="clip">{nameOf(user)}</span>
                {user.displayName && user.displayName !== user.username && (
                  <span className="soft clip person-word">{user.username}</span>
                )}
              </span>
              {children(user)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
