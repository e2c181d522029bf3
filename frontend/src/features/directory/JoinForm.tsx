// The field that goes to a room by its name, and opens one where there is none.
import { useRooms } from '@belfry/react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import './directory.css';
import { roomIdFrom } from '../../room-id';
import { go, roomAddress } from '../../routes';

export function JoinForm() {
  const known = useRooms(({ rooms }) => rooms);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (text.trim() === '') return;
    const roomId = roomIdFrom(
      text,
      known.map(({ id, title }) => ({ id, name: title })),
    );
    if (!roomId) return setProblem('Use at least one letter from a to z, or a digit.');
    setText('');
    setProblem('');
    go(roomAddress(roomId));
  }

  return (
    <form className="join" onSubmit={submit}>
      <Field label="Join or open a room" problem={problem}>
        {(control) => (
          <input
            {...control}
            value={text}
            placeholder="Its name or id"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={80}
            onChange={(event) => setText(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit">Join</Button>
    </form>
  );
}
