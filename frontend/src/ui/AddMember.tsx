// Finds people by name and makes them members.
import { useEffect, useId, useState } from 'react';
import type { Chat } from '../chat';
import { nameOf } from '../chat-state';
import { generalSentence, Problem, UNREACHABLE } from '../problem';
import type { User } from '../wire';
import { Avatar } from './Avatar';

interface AddMemberProps {
  chat: Chat;
  known: ReadonlySet<string>;
  onAdd(userId: string): Promise<void>;
}

/** While somebody types, the server is asked after a pause. */
const PAUSE_MS = 250;

export function AddMember({ chat, known, onAdd }: AddMemberProps) {
  const [text, setText] = useState('');
  const [found, setFound] = useState<readonly User[] | null>(null);
  const [problem, setProblem] = useState('');
  const id = useId();
  const wish = text.trim();

  useEffect(() => {
    if (wish === '') return setFound(null);
    let current = true;
    const timer = setTimeout(() => {
      chat.desk.people(wish).then(
        ({ users }) => {
          if (!current) return;
          setProblem('');
          setFound(users);
        },
        (error) => current && setProblem(generalSentence(error instanceof Problem ? error : UNREACHABLE)),
      );
    }, PAUSE_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [chat, wish]);

  return (
    <div className="add-member">
      <label className="visually-hidden" htmlFor={id}>
        Add somebody by name
      </label>
      <input
        id={id}
        type="search"
        value={text}
        placeholder="Add somebody by name"
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
      <p className="problem" role="alert">
        {problem}
      </p>
      {found && (
        <ul aria-label="People found">
          {found.map((user) => (
            <li key={user.id} className="person">
              <Avatar userId={user.id} username={nameOf(user)} />
              <span className="clip">{nameOf(user)}</span>
              {known.has(user.id) ? (
                <span className="soft person-status">Member</span>
              ) : (
                <button
                  className="button small"
                  type="button"
                  aria-label={`Add ${nameOf(user)}`}
                  onClick={() => void onAdd(user.id).then(() => setText(''))}
                >
                  Add
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {found?.length === 0 && <p className="soft hint">Nobody has such a name.</p>}
    </div>
  );
}
