// Ends a room for everybody, once its name has been written down.
import { useRoom } from '@belfry/react';
import { type FormEvent, useState } from 'react';
import { Button } from '../../design/Button';
import { Dialog, DialogBody, DialogFoot } from '../../design/Dialog';
import { Field } from '../../design/Field';
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
      <form onSubmit={end} noValidate>
        <DialogBody>
          <p>Everybody loses the room and all that was said in it. This cannot be undone.</p>
          <Field label={`Write “${name}” to go on`} problem={problem}>
            {(control) => (
              <input
                {...control}
                value={text}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
        </DialogBody>
        <DialogFoot>
          <Button onClick={onClose}>Cancel</Button>
          <Button look="danger" type="submit" disabled={!meant} busy={busy}>
            Delete room
          </Button>
        </DialogFoot>
      </form>
    </Dialog>
  );
}

/** What is told apart by spaces or by how an accent is written looks the same to who copies it. */
function plain(name: string): string {
  return name.normalize('NFKC').replace(/\s+/gu, ' ').trim();
}
