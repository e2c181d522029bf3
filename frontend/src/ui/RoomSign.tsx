// What kind of room it is, as a sign with a word for those who do not see it.
import type { Visibility } from '../wire';
import { At, Hash, Lock } from './icons';

export function RoomSign({ visibility }: { visibility: Visibility | undefined }) {
  if (visibility === 'direct') return <At />;
  if (visibility !== 'private') return <Hash />;
  return (
    <span className="sign" role="img" aria-label="Private:">
      <Lock />
    </span>
  );
}
