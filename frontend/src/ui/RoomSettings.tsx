// What an owner or a moderator can change of a room, down to its end.
import { useState } from 'react';
import type { Chat } from '../chat';
import { mayOwn } from '../permission';
import { roomSentence } from '../problem';
import type { Room } from '../wire';
import { Confirm } from './Confirm';
import { Dialog } from './Dialog';
import { type RoomFields, RoomForm } from './RoomForm';

interface RoomSettingsProps {
  chat: Chat;
  room: Room;
  onClose(): void;
}

export function RoomSettings({ chat, room, onClose }: RoomSettingsProps) {
  const [ending, setEnding] = useState(false);
  const { name, topic = '', visibility } = room;
  const owns = mayOwn(room);

  async function save(fields: RoomFields) {
    await chat.desk.change(room.id, {
      ...(fields.name === name ? {} : { name: fields.name }),
      ...(fields.topic === topic ? {} : { topic: fields.topic || null }),
      ...(fields.visibility === visibility ? {} : { visibility: fields.visibility }),
    });
    onClose();
  }

  if (ending) {
    return (
      <Confirm
        title={`Delete ${name}?`}
        action="Delete room"
        run={async () => void (await chat.desk.end(room.id))}
        sentence={roomSentence}
        onClose={onClose}
      >
        <p>Everybody loses the room and all that was said in it. This cannot be undone.</p>
      </Confirm>
    );
  }
  return (
    <Dialog title="Room settings" onClose={onClose}>
      <RoomForm fields={{ name, topic, visibility }} withVisibility={owns} action="Save" save={save}>
        {owns && (
          <button className="button danger-quiet" type="button" onClick={() => setEnding(true)}>
            Delete room…
          </button>
        )}
      </RoomForm>
    </Dialog>
  );
}
