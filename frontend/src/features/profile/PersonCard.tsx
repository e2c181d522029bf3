// Somebody else, as a card for a panel: who it is, whether they are there, and the way to a conversation of two.
import { Problem, type Status } from '@belfry/client';
import { useMe, useRooms } from '@belfry/react';
import { useState } from 'react';
import { Avatar } from '../../design/Avatar';
import { Button } from '../../design/Button';
import { At } from '../../design/icons';
import { PRESENCE_WORDS } from '../../design/PresenceDot';
import { ago } from '../../language/ago';
import { generalSentence } from '../../language/sentences';
import { usePerson } from './use-person';
import './person-card.css';

interface PersonCardProps {
  id: string;
  /** By what they go where the card is opened: shown until more is known. */
  name: string;
  /** Goes to the conversation with them. */
  onOpenRoom(roomId: string): void;
}

export function PersonCard({ id, name, onOpenRoom }: PersonCardProps) {
  const { person, problem, again } = usePerson(id);
  const direct = useRooms((rooms) => rooms.direct);
  const myself = useMe((me) => me?.id === id);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState('');
  const shown = person?.displayName ?? person?.username ?? name;

  async function talk() {
    setBusy(true);
    setFailure('');
    try {
      onOpenRoom((await direct(id)).id);
    } catch (error) {
      setFailure(sentence(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <div className="person-card">
      <div className="person-card-face">
        <Avatar id={id} name={shown} status={person?.status} size="large" />
        <p className="person-card-names">
          <span className="person-card-name clip">{shown}</span>
          {person?.displayName && <span className="soft clip">@{person.username}</span>}
          {!problem && (
            <span className="soft small" role={person ? undefined : 'status'}>
              {person ? whether(person.status, person.lastSeen) : 'Loading…'}
            </span>
          )}
        </p>
      </div>
      <p className="problem" role="alert">
        {failure || (problem ? sentence(problem) : null)}
      </p>
      {problem !== null && <Button onClick={again}>Try again</Button>}
      {myself ? (
        <p className="soft small">This is you.</p>
      ) : (
        <Button icon={<At />} busy={busy} wide onClick={() => void talk()}>
          Message
        </Button>
      )}
    </div>
  );
}

function whether(status: Status, lastSeen: string | undefined): string {
  return status === 'offline' && lastSeen ? `Last seen ${ago(lastSeen)}` : PRESENCE_WORDS[status];
}

function sentence(error: unknown): string {
  if (!(error instanceof Problem)) return generalSentence({ code: 'unavailable' });
  return error.code === 'not_found' ? 'This person is not here any more.' : generalSentence(error);
}
