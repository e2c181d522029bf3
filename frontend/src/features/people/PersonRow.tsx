// Somebody in a list, with a word beside the name and what can be done.
import type { Status } from '@belfry/client';
import { Avatar } from '../../design/Avatar';
import { More } from '../../design/icons';
import { lazyPart } from '../../design/lazy-part';
import { type Choice, Menu } from '../../design/Menu';
import { Popup } from '../../design/Popup';
import { Skeleton } from '../../design/States';
import { go, roomAddress } from '../../routes';

const PersonCard = lazyPart(() => import('../profile/PersonCard').then(({ PersonCard }) => PersonCard));

interface PersonRowProps {
  id: string;
  name: string;
  status: Status;
  word: string;
  me: boolean;
  choices: readonly Choice[];
}

export function PersonRow({ id, name, status, word, me, choices }: PersonRowProps) {
  return (
    <li className="person">
      <Avatar id={id} name={name} status={status} />
      <span className="person-name">
        <Popup
          label={`${name}: profile`}
          look="bare"
          className="person-link clip"
          kind="dialog"
          align="start"
          face={name}
        >
          {(close) => (
            <PersonCard
              waiting={<Skeleton label="Loading who this is" lines={2} />}
              onMissing={close}
              id={id}
              name={name}
              onOpenRoom={(roomId) => {
                close();
                go(roomAddress(roomId));
              }}
            />
          )}
        </Popup>
        {me && <span className="soft">(you)</span>}
      </span>
      <span className="soft person-word">{word}</span>
      {choices.length > 0 && (
        <Menu label={`${name}: what can be done`} face={<More />} size="small" choices={choices} />
      )}
    </li>
  );
}
