// In the place of a room's messages, once there are none for the user: why, and what can be done.
import type { LiveRoom } from '../chat-state';

interface RoomClosedProps {
  room: LiveRoom;
  onRetry(): void;
  onForget(): void;
}

export function RoomClosed({ room, onRetry, onForget }: RoomClosedProps) {
  const { title, sentence, again } = wordsFor(room);
  return (
    <div className="empty" role="alert">
      <h2>{title}</h2>
      <p className="soft">{sentence}</p>
      <p className="row">
        {again && (
          <button className="button" type="button" onClick={onRetry}>
            {again}
          </button>
        )}
        <button className="button quiet" type="button" onClick={onForget}>
          Take it off the list
        </button>
      </p>
    </div>
  );
}

function wordsFor({ loss, problem, info }: LiveRoom) {
  const isPublic = info?.visibility === 'public';
  const again = isPublic ? 'Join again' : '';
  switch (loss) {
    case 'deleted':
      return {
        title: 'This room was deleted',
        sentence: 'It is gone for everybody, with all that was said in it.',
        again: '',
      };
    case 'kicked':
      return {
        title: 'You were removed from this room',
        sentence: isPublic ? 'It is public: you may join again.' : 'To come back, somebody has to add you.',
        again,
      };
    case 'left':
      return { title: 'You have left this room', sentence: 'Perhaps in another window.', again };
    case 'notAllowed':
      return {
        title: 'You are no longer in this room',
        sentence: isPublic ? 'It is public: you may join again.' : 'To come back, somebody has to add you.',
        again,
      };
    default:
      return { title: 'This room is closed to you', sentence: problem ?? '', again: 'Try again' };
  }
}
