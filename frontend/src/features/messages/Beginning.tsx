// What stands above the first message of a room, or above one's own unsent ones while the others have not come yet.
import { Skeleton } from '../../design/States';
import { useCut } from '../connection/use-cut';

interface BeginningProps {
  name: string;
  /** The history has come. */
  known: boolean;
  empty: boolean;
}

export function Beginning({ name, known, empty }: BeginningProps) {
  const cut = useCut();
  return (
    <div className="beginning">
      <h2>{name}</h2>
      {known ? (
        <p className="soft">
          {empty ? 'Nothing has been said here yet. Write the first message.' : 'This is where it began.'}
        </p>
      ) : (
        <>
          {cut && <p className="soft">What was said here comes with the connection.</p>}
          <Skeleton label={cut ? '' : 'Loading messages…'} lines={3} faces />
        </>
      )}
    </div>
  );
}
