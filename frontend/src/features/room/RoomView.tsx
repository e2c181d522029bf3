// One room: its head, its messages, the people in it, and the field to write in.
import { mayEdit } from '@belfry/client';
import { RoomProvider, useMe, useRoom, useRoomHandle, useTyping } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { lazyPart } from '../../design/lazy-part';
import { useShortcut } from '../../keyboard';
import { go, HOME_ADDRESS } from '../../routes';
import { Composer } from '../composer/Composer';
import { MessageList } from '../messages/MessageList';
import { ShownNames, useShownName } from '../messages/shown-names';
import { PeoplePanel, type PeopleTab, WIDE } from '../people/PeoplePanel';
import { RoomHead } from '../people/RoomHead';
import { roomTitle } from './room-title';
import { typingSentence } from './typing-sentence';
import './room.css';

const RoomClosed = lazyPart(() => import('./RoomClosed').then((module) => module.RoomClosed));

export interface RoomViewProps {
  roomId: string;
  /** The message that the address points at. */
  seq?: number;
}

/** Opens the room while it is shown. Made anew for another room. */
export function RoomView({ roomId, seq }: RoomViewProps) {
  return (
    <RoomProvider id={roomId}>
      <ShownNames>
        <OpenRoom linked={seq ?? null} />
      </ShownNames>
    </RoomProvider>
  );
}

function OpenRoom({ linked }: { linked: number | null }) {
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
  const togglePeople = () => setPeople(people === null ? 'here' : null);
  useShortcut('people', togglePeople, open);
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

  function editLast() {
    const { messages, hasNewer } = room.messages.get();
    // The last one is not among those.
    if (hasNewer) return;
    const last = messages.findLast((message) => message.seq !== null && me && mayEdit(message, info, me.id));
    if (last) setEditing(last.id);
  }

  return (
    <div className="room" data-people={open && people !== null}>
      <main className="room-main">
        <RoomHead
          heading={heading}
          peopleShown={open && people !== null}
          onPeople={togglePeople}
          onAddPeople={() => setPeople('add')}
        />
        {open ? (
          <>
            <MessageList name={name} linked={linked} editing={editing} onEdit={edit} onWrite={write} />
            <div ref={foot} className="room-foot">
              <Composer onEditLast={editLast} />
              <Typing />
            </div>
          </>
        ) : (
          <RoomClosed onLeaveIt={() => go(HOME_ADDRESS)} />
        )}
      </main>
      {open && people !== null && <PeoplePanel tab={people} onTab={setPeople} onClose={hidePeople} />}
    </div>
  );
}

/** By itself, so that typing renders nothing else. */
function Typing() {
  const nameOf = useShownName();
  const sentence = useTyping(({ typing }) => typingSentence(typing, nameOf));
  return (
    <p className="typing" data-shown={sentence !== ''}>
      {sentence}
    </p>
  );
}
