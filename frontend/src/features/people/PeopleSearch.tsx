// A field that finds people by name, and for each of them what can be done.
import type { User } from '@belfry/client';
import type { ReactNode } from 'react';
import { Avatar } from '../../design/Avatar';
import { Field } from '../../design/Field';
import { nameOf } from './names';
import './people.css';
import { usePeopleSearch } from './use-people-search';

interface PeopleSearchProps {
  label: string;
  text: string;
  onText(text: string): void;
  /** Enter, with those that were found for the text as it is. */
  onEnter?(found: readonly User[]): void;
  /** What stands at the end of somebody's row. */
  children(user: User): ReactNode;
}

export function PeopleSearch({ label, text, onText, onEnter, children }: PeopleSearchProps) {
  const { found, busy, problem } = usePeopleSearch(text);
  return (
    <div className="people-search" aria-busy={busy}>
      <Field label={label} quiet problem={problem}>
        {(control) => (
          <input
            {...control}
            type="search"
            value={text}
            placeholder={label}
            autoComplete="off"
            spellCheck={false}
            maxLength={64}
            onChange={(event) => onText(event.target.value)}
            onKeyDown={({ key, nativeEvent }) => {
              if (key === 'Enter' && !nativeEvent.isComposing && found && !busy) onEnter?.(found);
            }}
          />
        )}
      </Field>
      <p className="soft small" role="status">
        {found === null && busy && 'Looking…'}
        {found?.length === 0 && !busy && 'Nobody has such a name.'}
      </p>
      {found && found.length > 0 && (
        <ul aria-label="People found">
          {found.map((user) => (
            <li key={user.id} className="person">
              <Avatar id={user.id} name={nameOf(user)} status={user.status} />
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
