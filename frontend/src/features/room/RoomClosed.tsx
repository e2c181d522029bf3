// In the place of a room's messages, once there are none for the user: why, what can be done, and what was left unsaid.
import type { RoomState } from '@belfry/client';
import { useRoom } from '@belfry/react';
import { Button } from '../../design/Button';
import { Lock } from '../../design/icons';
import { EmptyState } from '../../design/States';
import { joinSentence } from '../../language/sentences';
import { LeftUnsaid } from './LeftUnsaid';

export function RoomClosed({ onLeaveIt }: { onLeaveIt(): void }) {
  const room = useRoom();
  const { title, sentence, again } = wordsFor(room);
  return (
    <>
      <div className="room-closed" role="alert">
        <EmptyState title={title} icon={<Lock />}>
          {sentence && <p className="soft">{sentence}</p>}
          <p className="row">
            {again && <Button onClick={() => room.retryOpen()}>{again}</Button>}
            <Button look="quiet" onClick={onLeaveIt}>
              Take it off the list
            </Button>
          </p>
        </EmptyState>
      </div>
      <LeftUnsaid />
    </>
  );
}

function wordsFor({ loss, problem, info }: RoomState) {
  const isPublic = info?.visibility === 'public';
  const again = isPublic ? 'Join again' : '';
  const back = isPublic ? 'It is public: you may join again.' : 'To come back, somebody has to add you.';
  switch (loss) {
    case 'deleted':
      return {
        title: 'This room was deleted',
        sentence: 'It is gone for everybody, with all that was said in it.',
        again: '',
      };
    case 'kicked':
      return { title: 'You were removed from this room', sentence: back, again };
    case 'left':
      return { title: 'You have left this room', sentence: 'Perhaps in another window.', again };
    case 'notAllowed':
      return { title: 'You are no longer in this room', sentence: back, again };
    default:
      return {
        title: 'This room is closed to you',
        sentence: problem ? joinSentence(problem) : '',
        again: 'Try again',
      };
  }
}
