// Ends a room for everybody, once its name has been written down.
import { useRoom } from '@belfry/react';
import { type FormEvent, useId, useState } from 'react';
import { Dialog } from '../../design/Dialog';
import { failureOf, roomSentence } from '../../language/sentences';

interface DeleteRoomProps {
  name: string;
  onClose(): void;
}

export function DeleteRoom({ name, onClose }: DeleteRoomProps) {
  const room = useRoom();
  const [text, setText] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const id = useId();
  const meant = plain(text) === plain(name);

  async function end(event: FormEvent) {
    event.preventDefault();
    if (!meant || busy) return;
    setBusy(true);
    setProblem('');
    try {
      await room.destroy();
      onClose();
    } catch (error) {
      setProblem(roomSentence(failureOf(error)));
      setBusy(false);
    }
  }

  return (
    <Dialog title={`Delete ${name}?`} onClose={onClose}>
      <form className="fields" onSubmit={end} noValidate>
        <p>Everybody loses the room and all that was said in it. This cannot be undone.</p>
        <label htmlFor={id}>
          Write <strong>{name}</strong> to go on
        </label>
        <input
          id={id}
          value={text}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <p className="problem" role="alert">
          {problem}
        </p>
        <div className="dialog-foot">
          <button className="button" type="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button danger" type="submit" disabled={!meant || busy}>
            Delete room
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is told apart by spaces or by how an accent is written looks the same to who copies it. */
function plain(name: string): string {
  return name.normalize('NFKC').replace(/\s+/gu, ' ').trim();
}
