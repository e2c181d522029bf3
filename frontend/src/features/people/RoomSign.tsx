// What kind of room it is, as a sign with a word for those who do not see it.
import type { Visibility } from '@belfry/client';
import { At, Hash, Lock } from '../../design/icons';

export function RoomSign({ visibility }: { visibility: Visibility | undefined }) {
  if (visibility === 'direct') return <At />;
  if (visibility !== 'private') return <Hash />;
  return (
    <span className="room-sign" role="img" aria-label="Private:">
      <Lock />
    </span>
  );
}
