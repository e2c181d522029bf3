// One room: its head, its messages, the people in it, and the field to write in.
import { mayEdit } from '@belfry/client';
import { useMe, useRoom, useRoomHandle, useTyping } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Composer } from '../composer/Composer';
import { MessageList } from '../messages/MessageList';
import { PeoplePanel, type PeopleTab, WIDE } from '../people/PeoplePanel';
import { RoomHead } from '../people/RoomHead';
import { RoomClosed } from './RoomClosed';
import { roomTitle } from './room-title';
import { typingSentence } from './typing-sentence';
import './room.css';

export interface RoomViewProps {
  /** The message that the address names, by its `seq` or its id. */
  linked?: number | string | null;
  /** Where a room, or a message in it, is found; `null`: the list of rooms. */
  addressOf(roomId: string | null, seq?: number): string;
  /** Goes there; `null`: no room. */
  onOpenRoom(roomId: string | null): void;
  /** Shows who somebody is. */
  onPerson?: ((userId: string) => void) | undefined;
}

/** Within a `RoomProvider`, and made anew for another room. */
export function RoomView({ linked = null, addressOf, onOpenRoom, onPerson }: RoomViewProps) {
  const room = useRoomHandle();
  const { id, status, info, partner } = useRoom();
  const me = useMe();
  const [people, setPeople] = useState<PeopleTab | null>(() =>
    window.matchMedia(WIDE).matches ? 'here' : null,
  );
  const [editing, setEditing] = useState<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const foot = useRef<HTMLDivElement>(null);
  const open = status !== 'refused' && status !== 'lost';
  const name = roomTitle({ info, partner }, id);

  useEffect(() => {
    if (!window.matchMedia('(pointer: fine)').matches) heading.current?.focus();
  }, []);

  const hidePeople = useCallback(() => setPeople(null), []);
  const write = useCallback(() => {
    foot.current?.querySelector<HTMLElement>('textarea, [contenteditable]')?.focus();
  }, []);
  const edit = useCallback(
    (messageId: string | null) => {
      setEditing(messageId);
      // The editor is gone with its focus.
      if (messageId === null) write();
    },
    [write],
  );
  const addressOfMessage = useCallback((seq: number) => addressOf(id, seq), [addressOf, id]);

  function editLast() {
    const { messages } = room.messages.get();
    const last = messages.findLast((message) => message.seq !== null && me && mayEdit(message, info, me.id));
    if (last) setEditing(last.id);
  }

  return (
    <div className="room" data-people={open && people !== null}>
      <main className="room-main">
        <RoomHead
          heading={heading}
          addressOf={addressOf}
          peopleShown={open && people !== null}
          onPeople={() => setPeople(people === null ? 'here' : null)}
          onAddPeople={() => setPeople('members')}
          onOpenRoom={onOpenRoom}
        />
        {open ? (
          <>
            <MessageList
              name={name}
              linked={linked}
              editing={editing}
              onEdit={edit}
              onWrite={write}
              addressOf={addressOfMessage}
            />
            <div ref={foot} className="room-foot">
              <Composer onEditLast={editLast} />
              <Typing />
            </div>
          </>
        ) : (
          <RoomClosed onLeaveIt={() => onOpenRoom(null)} />
        )}
      </main>
      {open && people !== null && (
        <PeoplePanel
          tab={people}
          onTab={setPeople}
          onClose={hidePeople}
          onOpenRoom={onOpenRoom}
          onPerson={onPerson}
        />
      )}
    </div>
  );
}

/** By itself, so that typing renders nothing else. */
function Typing() {
  const sentence = useTyping(({ typing }) => typingSentence(typing));
  return (
    <p className="typing" data-shown={sentence !== ''}>
      {sentence}
    </p>
  );
}
