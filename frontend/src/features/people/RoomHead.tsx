// The head of a room: what it is, who is there, and what can be done with it.
import { mayLeave, mayManage } from '@belfry/client';
import { usePresence, useRoom } from '@belfry/react';
import { type RefObject, useState } from 'react';
import { Button, ButtonLink } from '../../design/Button';
import { AddPerson, Back, Download, Gear, Leave, LinkSign, More, PeopleSign } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { type Choice, Menu } from '../../design/Menu';
import { useToast } from '../../design/Toast';
import { go, HOME_ADDRESS, linkTo } from '../../routes';
import { useCut } from '../connection/use-cut';
import type { SettingsPart } from '../room-settings/RoomSettings';
import { counted, roomTitle } from './names';
import './people.css';
import { RoomSign } from './RoomSign';

const RoomSettings = lazyPart(() =>
  import('../room-settings/RoomSettings').then(({ RoomSettings }) => RoomSettings),
);
const LeaveRoom = lazyPart(() => import('../room-settings/LeaveRoom').then(({ LeaveRoom }) => LeaveRoom));

export interface RoomHeadProps {
  heading: RefObject<HTMLHeadingElement | null>;
  peopleShown: boolean;
  onPeople(): void;
  /** Shows the members, with the field that adds some. */
  onAddPeople(): void;
}

export function RoomHead({ heading, peopleShown, onPeople, onAddPeople }: RoomHeadProps) {
  const room = useRoom();
  const { count } = usePresence();
  const cut = useCut();
  const [open, setOpen] = useState<SettingsPart | 'leave' | null>(null);
  const toast = useToast();
  const { info } = room;
  const there = room.status !== 'refused' && room.status !== 'lost';
  const name = roomTitle(room, room.id);
  const close = () => setOpen(null);

  async function copyLink() {
    try {
      await navigator.clipboard.writeText(linkTo(room.id));
      toast({ text: 'The link was copied.', name: 'copied' });
    } catch {
      // Refused, or no secure page: there it can be copied by hand.
      setOpen('about');
    }
  }

  function addPeople() {
    onAddPeople();
    // Where it stands there already; else it takes the focus when it comes.
    document.querySelector<HTMLElement>('#people .add-member input')?.focus();
  }

  const choices: Choice[] = [];
  if (info && there) {
    if (mayManage(info)) choices.push({ label: 'Add people', icon: <AddPerson />, run: addPeople });
    if (info.visibility !== 'direct')
      choices.push({
        label: mayManage(info) ? 'Room settings' : 'About this room',
        icon: <Gear />,
        run: () => setOpen('about'),
      });
    if (info.visibility !== 'direct')
      choices.push({ label: 'Copy link', icon: <LinkSign />, run: () => void copyLink() });
    choices.push({ label: 'Export history', icon: <Download />, run: () => setOpen('export') });
    if (mayLeave(info))
      choices.push({ label: 'Leave room', icon: <Leave />, danger: true, run: () => setOpen('leave') });
  }

  return (
    <header className="room-head">
      <ButtonLink
        className="back"
        look="quiet"
        href={HOME_ADDRESS}
        icon={<Back />}
        aria-label="All rooms"
        data-icon-only
      />
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
      {there && (
        <Button
          className="people-button"
          look="quiet"
          icon={<PeopleSign />}
          aria-expanded={peopleShown}
          aria-controls="people"
          onClick={onPeople}
        >
          <span>
            {cut ? (
              <span className="room-wide">No connection</span>
            ) : (
              <>
                {counted(count)} <span className="room-wide">here</span>
              </>
            )}
            <span className="visually-hidden">: show or hide who</span>
          </span>
        </Button>
      )}
      {choices.length > 0 && <Menu label="Room menu" face={<More />} choices={choices} />}
      {info && there && open === 'leave' && (
        <LeaveRoom onClose={close} onMissing={close} onLeft={() => go(HOME_ADDRESS)} />
      )}
      {info && there && open !== null && open !== 'leave' && (
        <RoomSettings
          part={open}
          onPart={setOpen}
          onLeave={() => setOpen('leave')}
          onClose={close}
          onMissing={close}
        />
      )}
    </header>
  );
}
