// Asks before somebody leaves a room.
import { useRoom } from '@belfry/react';
import { Confirm } from '../../design/Confirm';
import { failureOf, memberSentence } from '../../language/sentences';

interface LeaveRoomProps {
  onLeft(): void;
  onClose(): void;
}

export function LeaveRoom({ onLeft, onClose }: LeaveRoomProps) {
  const room = useRoom();
  const { info } = room;
  return (
    <Confirm
      title={`Leave ${info?.name ?? room.id}?`}
      action="Leave room"
      run={async () => {
        await room.leave();
        onLeft();
      }}
      sentence={(error) => memberSentence(failureOf(error))}
      onClose={onClose}
    >
      <p>
        {info?.visibility === 'private'
          ? 'To come back, somebody has to add you again.'
          : 'You can join again whenever you want.'}
      </p>
    </Confirm>
  );
}
