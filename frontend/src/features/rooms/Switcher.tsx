// Goes to a room or a person by a few letters of the name.
import { useClient, useMe, useRooms } from '@belfry/react';
import { useMemo, useState } from 'react';
import { Avatar } from '../../design/Avatar';
import { Badge } from '../../design/Badge';
import { Dialog } from '../../design/Dialog';
import { Hash, Lock, Plus, Search } from '../../design/icons';
import { ListBox, useListBox } from '../../design/ListBox';
import { generalSentence } from '../../language/sentences';
import { currentPlace, go, roomAddress } from '../../routes';
import { recentRooms } from './recent';
import { choicesFor, type SwitchChoice } from './switcher-choices';
import { useFound } from './use-found';
import './switcher.css';

export default function Switcher({ onClose }: { onClose(): void }) {
  const client = useClient();
  const rooms = useRooms((state) => state.rooms);
  const me = useMe((user) => user?.id);
  const [text, setText] = useState('');
  const [problem, setProblem] = useState('');
  const { people, publicRooms, looking } = useFound(text);
  const [recent] = useState(recentRooms);
  const place = currentPlace();
  const here = place.view === 'room' ? place.roomId : null;
  const choices = useMemo(
    () => choicesFor(text, { rooms, recent, people, publicRooms, me, here }),
    [text, rooms, recent, people, publicRooms, me, here],
  );

  async function choose(index: number) {
    const choice = choices[index];
    if (!choice) return;
    setProblem('');
    try {
      const id = choice.kind === 'person' ? (await client.rooms.direct(choice.user.id)).id : roomOf(choice);
      onClose();
      go(roomAddress(id));
    } catch (error) {
      setProblem(generalSentence(error as Parameters<typeof generalSentence>[0]));
    }
  }

  const list = useListBox({ count: choices.length, onChoose: (index) => void choose(index), of: text });
  return (
    <Dialog title="Go to" head="bare" size="large" light onClose={onClose}>
      <div className="switcher">
        <div className="switcher-field">
          <Search />
          <input
            {...list.combobox}
            type="text"
            aria-label="Join or open a room, or find a person"
            placeholder="Find a room or a person"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            enterKeyHint="go"
            maxLength={80}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
        <p className="problem" role="alert">
          {problem}
        </p>
        <ListBox list={list} label="Rooms and people" items={choices} keyOf={({ key }) => key}>
          {(choice) => <Row choice={choice} />}
        </ListBox>
        <p className="switcher-foot soft small" role="status">
          {choices.length > 0
            ? ''
            : looking
              ? 'Looking…'
              : text
                ? 'Nothing has that name.'
                : 'No rooms yet. Type a name.'}
        </p>
      </div>
    </Dialog>
  );
}

function roomOf(choice: Exclude<SwitchChoice, { kind: 'person' }>): string {
  if (choice.kind === 'room') return choice.room.id;
  return choice.kind === 'public' ? choice.info.id : choice.title;
}

function Row({ choice }: { choice: SwitchChoice }) {
  switch (choice.kind) {
    case 'room': {
      const { visibility, partner, unread, unreadMentions } = choice.room;
      return (
        <>
          {visibility === 'direct' ? (
            <Avatar
              id={partner?.id ?? choice.title}
              name={choice.title}
              size="small"
              status={partner?.status}
            />
          ) : (
            <span className="switcher-sign">{visibility === 'private' ? <Lock /> : <Hash />}</span>
          )}
          <span className="clip">{choice.title}</span>
          {unread > 0 && (
            <Badge tone={unreadMentions > 0 || visibility === 'direct' ? 'calls' : 'plain'} spoken=" unread">
              {unread}
            </Badge>
          )}
        </>
      );
    }
    case 'person':
      return (
        <>
          <Avatar id={choice.user.id} name={choice.title} size="small" status={choice.user.status} />
          <span className="clip">{choice.title}</span>
          <span className="switcher-kind soft small">Message</span>
        </>
      );
    case 'public':
      return (
        <>
          <span className="switcher-sign">
            <Hash />
          </span>
          <span className="clip">{choice.title}</span>
          <span className="switcher-kind soft small">Public room</span>
        </>
      );
    case 'open':
      return (
        <>
          <span className="switcher-sign">
            <Plus />
          </span>
          <span className="clip">
            Open <strong>{choice.title}</strong>
          </span>
          <span className="switcher-kind soft small">Join, or make it</span>
        </>
      );
  }
}
