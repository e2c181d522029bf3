// Makes a room, public or private.
import type { Chat } from '../chat';
import { addressOf } from '../room-id';
import { Dialog } from './Dialog';
import { type RoomFields, RoomForm } from './RoomForm';

const EMPTY: RoomFields = { name: '', topic: '', visibility: 'public' };

export function NewRoom({ chat, onClose }: { chat: Chat; onClose(): void }) {
  async function make({ name, topic, visibility }: RoomFields) {
    const room = await chat.desk.make({ name, visibility, ...(topic ? { topic } : {}) });
    chat.adopt(room);
    onClose();
    window.location.hash = addressOf(room.id);
  }

  return (
    <Dialog title="New room" onClose={onClose}>
      <RoomForm fields={EMPTY} withVisibility action="Make room" save={make}>
        <button className="button" type="button" onClick={onClose}>
          Cancel
        </button>
      </RoomForm>
    </Dialog>
  );
}
