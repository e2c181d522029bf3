// What a room is: to be changed by those who manage it, to be read by the others; its link, and the ways out of it.
import { mayLeave, mayManage, mayOwn, type RoomInfo } from '@belfry/client';
import { useRoom } from '@belfry/react';
import { useState } from 'react';
import { Button } from '../../design/Button';
import { DialogBody, DialogFoot } from '../../design/Dialog';
import { roomSentence } from '../../language/sentences';
import { linkTo } from '../../routes';
import { CopyLink } from './CopyLink';
import { type RoomFields, RoomForm, WHO_FINDS } from './RoomForm';

interface AboutRoomProps {
  info: RoomInfo;
  onLeave(): void;
  onDelete(): void;
  onClose(): void;
}

export function AboutRoom({ info, onLeave, onDelete, onClose }: AboutRoomProps) {
  const room = useRoom();
  const { name, topic = '', visibility } = info;
  const owns = mayOwn(info);
  // What somebody else changes meanwhile is theirs, and is not taken back by saving.
  const [began] = useState<RoomFields>({ name, topic, visibility });

  async function save(fields: RoomFields) {
    const wish = {
      ...(fields.name === began.name ? {} : { name: fields.name }),
      ...(fields.topic === began.topic ? {} : { topic: fields.topic || null }),
      ...(fields.visibility === began.visibility ? {} : { visibility: fields.visibility }),
    };
    if (Object.keys(wish).length > 0) await room.update(wish);
    onClose();
  }

  const ways = owns ? (
    <Button look="danger-quiet" onClick={onDelete}>
      Delete room…
    </Button>
  ) : (
    mayLeave(info) && (
      <Button look="danger-quiet" onClick={onLeave}>
        Leave room…
      </Button>
    )
  );

  if (mayManage(info))
    return (
      <RoomForm
        fields={began}
        withVisibility={owns}
        action="Save"
        sentence={roomSentence}
        save={save}
        before={<CopyLink link={linkTo(info.id)} />}
      >
        {ways}
      </RoomForm>
    );
  return (
    <>
      <DialogBody>
        <CopyLink link={linkTo(info.id)} />
        <dl className="room-facts">
          <dt>Name</dt>
          <dd>{name}</dd>
          <dt>Topic</dt>
          <dd>{topic || 'None.'}</dd>
          <dt>Who can find it</dt>
          <dd>{WHO_FINDS[visibility]}</dd>
        </dl>
      </DialogBody>
      {ways && <DialogFoot>{ways}</DialogFoot>}
    </>
  );
}
