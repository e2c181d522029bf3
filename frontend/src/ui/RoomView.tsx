// One room: its head, its messages, the people in it, and the field to write in.
import { useCallback, useEffect, useRef, useState } from 'react';
import type { Chat } from '../chat';
import { type LiveRoom, roomName } from '../chat-state';
import { typingSentence } from '../people';
import { mayEdit } from '../permission';
import { addressOf } from '../room-id';
import type { Message, User } from '../wire';
import { Composer } from './Composer';
import { Confirm } from './Confirm';
import { MessageList } from './MessageList';
import { PeoplePanel, type PeopleTab, WIDE } from './PeoplePanel';
import { excerpt } from './Quote';
import { RoomClosed } from './RoomClosed';
import { RoomHead } from './RoomHead';

interface RoomViewProps {
  chat: Chat;
  room: LiveRoom;
  me: User;
}

export function RoomView({ chat, room, me }: RoomViewProps) {
  const [people, setPeople] = useState<PeopleTab | null>(() =>
    window.matchMedia(WIDE).matches ? 'here' : null,
  );
  const [replyTo, setReplyTo] = useState<Message | null>(null);
  const [editing, setEditing] = useState<string | null>(null);
  const [removing, setRemoving] = useState<Message | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const name = roomName(room);
  const open = room.phase !== 'refused';
  const peopleShown = open && people !== null;

  useEffect(() => {
    if (!window.matchMedia('(pointer: fine)').matches) heading.current?.focus();
  }, []);

  const hidePeople = useCallback(() => setPeople(null), []);
  const edit = useCallback((messageId: string | null) => {
    setEditing(messageId);
    // The editor is gone with its focus.
    if (messageId === null) document.querySelector<HTMLElement>('.composer textarea')?.focus();
  }, []);

  function editLast() {
    const last = room.history.messages.findLast((message) => mayEdit(message, room.info, me.id));
    if (last) setEditing(last.id);
  }

  function forget() {
    chat.forget(room.id);
    window.location.hash = addressOf(null);
  }

  return (
    <div className="room" data-people={peopleShown}>
      <main className="room-main">
        <RoomHead
          chat={chat}
          room={room}
          heading={heading}
          peopleShown={peopleShown}
          onPeople={() => setPeople(people === null ? 'here' : null)}
          onAddPeople={() => setPeople('members')}
        />
        {!open ? (
          <RoomClosed room={room} onRetry={() => chat.join(room.id)} onForget={forget} />
        ) : (
          <>
            <MessageList
              chat={chat}
              room={room}
              me={me}
              editing={editing}
              onReply={setReplyTo}
              onEdit={edit}
              onRemove={setRemoving}
            />
            <Composer
              chat={chat}
              roomId={room.id}
              roomName={name}
              userId={me.id}
              typing={typingSentence(room.people, me.id)}
              replyTo={replyTo}
              onNoReply={() => setReplyTo(null)}
              onEditLast={editLast}
            />
          </>
        )}
      </main>
      {people !== null && open && (
        <PeoplePanel chat={chat} room={room} me={me} tab={people} onTab={setPeople} onClose={hidePeople} />
      )}
      {removing && (
        <Confirm
          title="Delete this message?"
          action="Delete"
          run={() => chat.deeds.remove(room.id, removing.id)}
          onClose={() => setRemoving(null)}
        >
          <blockquote className="quoted clip">{excerpt(removing)}</blockquote>
          <p className="soft">Its place stays, its text is gone for everybody.</p>
        </Confirm>
      )}
    </div>
  );
}
