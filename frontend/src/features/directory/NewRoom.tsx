// Makes a room, public or private, with an id after its name that can be another.
import { useClient } from '@belfry/react';
import { useState } from 'react';
import { Button } from '../../design/Button';
import { Dialog } from '../../design/Dialog';
import { Field } from '../../design/Field';
import { type Failure, newRoomSentence } from '../../language/sentences';
import { idFromName, isRoomId, LONGEST_ID, nextId } from '../../room-id';
import { go, roomAddress } from '../../routes';
import { type RoomFields, RoomForm } from '../room-settings/RoomForm';

const EMPTY: RoomFields = { name: '', topic: '', visibility: 'public' };

export function NewRoom({ onClose }: { onClose(): void }) {
  const client = useClient();
  const [name, setName] = useState('');
  /** `null`: as the name gives it. */
  const [ownId, setOwnId] = useState<string | null>(null);
  const id = ownId ?? idFromName(name);

  async function make({ name, topic, visibility }: RoomFields) {
    if (id !== '' && !isRoomId(id)) throw { code: 'invalid_argument' } satisfies Failure;
    try {
      // Without an id the server makes one.
      const wish = { name, visibility, ...(topic ? { topic } : {}), ...(id ? { id } : {}) };
      const room = await client.rooms.create(wish);
      onClose();
      go(roomAddress(room.id));
    } catch (error) {
      if ((error as Partial<Failure>).code === 'conflict') setOwnId(nextId(id));
      throw error;
    }
  }

  return (
    <Dialog title="New room" onClose={onClose}>
      <RoomForm
        fields={EMPTY}
        withVisibility
        action="Make room"
        sentence={(failure) =>
          failure.code === 'conflict'
            ? `${newRoomSentence(failure)} Perhaps the one that stands there now?`
            : newRoomSentence(failure)
        }
        save={make}
        onName={setName}
        more={
          <Field label="Id" hint="Stands in its link, and stays when the name changes.">
            {(control) => (
              <input
                {...control}
                value={id}
                placeholder="Made by the server"
                maxLength={LONGEST_ID}
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                onChange={(event) => setOwnId(event.target.value.replace(/\s/g, '-'))}
              />
            )}
          </Field>
        }
      >
        <Button onClick={onClose}>Cancel</Button>
      </RoomForm>
    </Dialog>
  );
}
