// Who is in the room now, and how; of a crowd the first of them, and how many.
import { useMe, usePresence, useRoom } from '@belfry/react';
import { PRESENCE_WORDS } from '../../design/PresenceDot';
import { useCut } from '../connection/use-cut';
import { byStatusAndName, counted, nameOf } from './names';
import { PersonRow } from './PersonRow';
import { useDirect } from './use-direct';

/** More are not named, whoever came since. */
const MOST_NAMED = 200;

export function HereNow() {
  const { online, count } = usePresence();
  const { info } = useRoom();
  const me = useMe();
  const cut = useCut();
  const { open, problem } = useDirect();
  const shown = [...online].sort(byStatusAndName).slice(0, MOST_NAMED);
  const more = count - shown.length;
  return (
    <>
      <p className="problem" role="alert">
        {problem}
      </p>
      <p className="soft small">
        {cut ? 'No connection.' : count === 0 ? 'Nobody is here now.' : `${counted(count)} here`}
      </p>
      <ul aria-label="Here now">
        {shown.map((person) => (
          <PersonRow
            key={person.id}
            id={person.id}
            name={nameOf(person)}
            status={person.status}
            word={PRESENCE_WORDS[person.status]}
            me={person.id === me?.id}
            choices={
              person.id === me?.id || info?.visibility === 'direct'
                ? []
                : [{ label: 'Message', run: () => open(person.id) }]
            }
          />
        ))}
      </ul>
      {more > 0 && <p className="soft small">and {counted(more)} more</p>}
    </>
  );
}
