// The head of a room: what it is, who is there, and what can be done with it.
import { mayLeave, mayManage } from '@belfry/client';
import { usePresence, useRoom } from '@belfry/react';
import { lazy, type RefObject, Suspense, useState } from 'react';
import { Back, More, PeopleSign } from '../../design/icons';
import { type Choice, Menu } from '../../design/Menu';
import { RoomSign } from '../../design/RoomSign';
import type { SettingsPart } from '../room-settings/RoomSettings';
import { counted, roomTitle } from './names';
import './people.css';

const RoomSettings = lazy(() =>
  import('../room-settings/RoomSettings').then((module) => ({ default: module.RoomSettings })),
);
const LeaveRoom = lazy(() =>
  import('../room-settings/LeaveRoom').then((module) => ({ default: module.LeaveRoom })),
);

export interface RoomHeadProps {
  heading: RefObject<HTMLHeadingElement | null>;
  /** Where a room is found; `null`: the list of rooms. */
  addressOf(roomId: string | null): string;
  peopleShown: boolean;
  onPeople(): void;
  /** Shows the members, with the field that adds some. */
  onAddPeople(): void;
  /** Goes there; `null`: no room. */
  onOpenRoom(roomId: string | null): void;
}

export function RoomHead({
  heading,
  addressOf,
  peopleShown,
  onPeople,
  onAddPeople,
  onOpenRoom,
}: RoomHeadProps) {
  const room = useRoom();
  const { count } = usePresence();
  const [open, setOpen] = useState<SettingsPart | 'leave' | null>(null);
  const [copied, setCopied] = useState(false);
  const { info } = room;
  const there = room.status !== 'refused' && room.status !== 'lost';
  const name = roomTitle(room, room.id);
  const link = new URL(addressOf(room.id), window.location.href).href;
  const close = () => setOpen(null);

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => setCopied(false), 2_000);
    } catch {
      // Refused, or no secure page: there it can be copied by hand.
      setOpen('about');
    }
  }

  const choices: Choice[] = [];
  if (info && there) {
    if (mayManage(info)) choices.push({ label: 'Add people', run: onAddPeople });
    if (info.visibility !== 'direct')
      choices.push({
        label: mayManage(info) ? 'Room settings' : 'About this room',
        run: () => setOpen('about'),
      });
    if (info.visibility !== 'direct') choices.push({ label: 'Copy link', run: () => void copyLink() });
    choices.push({ label: 'Export history', run: () => setOpen('export') });
    if (mayLeave(info)) choices.push({ label: 'Leave room', danger: true, run: () => setOpen('leave') });
  }

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
      <span className="soft copied" role="status">
        {copied && 'Link copied'}
      </span>
      {there && (
        <button
          className="button quiet"
          type="button"
          aria-expanded={peopleShown}
          aria-controls="people"
          onClick={onPeople}
        >
          <PeopleSign />
          <span>
            {counted(count)} <span className="wide-only">here</span>
            <span className="visually-hidden">: show or hide who</span>
          </span>
        </button>
      )}
      {choices.length > 0 && <Menu label="Room menu" face={<More />} choices={choices} />}
      <Suspense fallback={null}>
        {info && there && open === 'leave' && (
          <LeaveRoom onClose={close} onLeft={() => onOpenRoom(null)} />
        )}
        {info && there && open !== null && open !== 'leave' && (
          <RoomSettings
            part={open}
            onPart={setOpen}
            link={link}
            onLeave={() => setOpen('leave')}
            onClose={close}
          />
        )}
      </Suspense>
    </header>
  );
}
