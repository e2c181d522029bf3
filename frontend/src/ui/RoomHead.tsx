// The head of a room: what it is, who is there, and what can be done with it.
import { type RefObject, useState } from 'react';
import type { Chat } from '../chat';
import { isDirect, type LiveRoom, roomName } from '../chat-state';
import { mayLeave, mayManage } from '../permission';
import { memberSentence } from '../problem';
import { addressOf } from '../room-id';
import { Confirm } from './Confirm';
import { Back, More, PeopleSign } from './icons';
import { type Choice, Menu } from './Menu';
import { RoomSettings } from './RoomSettings';
import { RoomSign } from './RoomSign';

interface RoomHeadProps {
  chat: Chat;
  room: LiveRoom;
  heading: RefObject<HTMLHeadingElement | null>;
  peopleShown: boolean;
  onPeople(): void;
  onAddPeople(): void;
}

export function RoomHead({ chat, room, heading, peopleShown, onPeople, onAddPeople }: RoomHeadProps) {
  const [open, setOpen] = useState<'settings' | 'leave' | null>(null);
  const closed = room.phase === 'refused';
  const { info } = room;
  const name = roomName(room);
  const close = () => setOpen(null);

  const choices: Choice[] = [];
  if (mayManage(info) && !closed) {
    choices.push({ label: 'Add people', run: onAddPeople });
    choices.push({ label: 'Room settings', run: () => setOpen('settings') });
  }
  if (mayLeave(info) && !closed)
    choices.push({ label: 'Leave room', danger: true, run: () => setOpen('leave') });

  return (
    <header className="room-head">
      <a className="button quiet icon-only back" href={addressOf(null)} aria-label="All rooms">
        <Back />
      </a>
      <div className="room-title">
        <h1 ref={heading} tabIndex={-1}>
          <RoomSign visibility={info?.visibility} />
          <span className="clip">{name}</span>
        </h1>
        {info?.topic && (
          <p className="soft clip" title={info.topic}>
            {info.topic}
          </p>
        )}
      </div>
      {!closed && (
        <button
          className="button quiet"
          type="button"
          aria-expanded={peopleShown}
          aria-controls="people"
          onClick={onPeople}
        >
          <PeopleSign />
          <span>
            {room.people.count} <span className="wide-only">online</span>
            <span className="visually-hidden">: show or hide who</span>
          </span>
        </button>
      )}
      {choices.length > 0 && <Menu label="Room menu" face={<More />} choices={choices} />}
      {open === 'settings' && info && <RoomSettings chat={chat} room={info} onClose={close} />}
      {open === 'leave' && (
        <Confirm
          title={`Leave ${name}?`}
          action="Leave room"
          run={async () => {
            await chat.leave(room.id);
            window.location.hash = addressOf(null);
          }}
          sentence={memberSentence}
          onClose={close}
        >
          <p>
            {info?.visibility === 'private'
              ? 'To come back, somebody has to add you again.'
              : isDirect(room)
                ? ''
                : 'You can join again whenever you want.'}
          </p>
        </Confirm>
      )}
    </header>
  );
}
