// The field that goes to a room by its name, and opens one where there is none.
import { type FormEvent, useId, useState } from 'react';
import type { Chat } from '../chat';
import { addressOf, roomIdFrom } from '../room-id';
import type { Room } from '../wire';

interface JoinFormProps {
  chat: Chat;
  known: readonly Pick<Room, 'id' | 'name'>[];
}

export function JoinForm({ chat, known }: JoinFormProps) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const field = useId();
  const problemId = useId();

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    const roomId = roomIdFrom(text, known);
    if (!roomId) return setProblem('Use at least one letter from a to z, or a digit.');
    setText('');
    setProblem('');
    chat.join(roomId);
    window.location.hash = addressOf(roomId);
  }

  return (
    <form className="join" onSubmit={submit}>
      <label className="visually-hidden" htmlFor={field}>
        Join or open a room
      </label>
      <input
        id={field}
        value={text}
        placeholder="Join or open a room"
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        onChange={(event) => setText(event.target.value)}
        aria-describedby={problemId}
        aria-invalid={problem !== ''}
      />
      <button className="button" type="submit">
        Join
      </button>
      <p id={problemId} className="problem" role="alert">
        {problem}
      </p>
    </form>
  );
}
