// Whether somebody is there: the shape says the same as the colour.
import './PresenceDot.css';

export type Presence = 'online' | 'away' | 'busy' | 'offline';

export const PRESENCE_WORDS: Record<Presence, string> = {
  online: 'Online',
  away: 'Away',
  busy: 'Busy',
  offline: 'Offline',
};

/** Without `spoken`, words beside it have to say it. */
export function PresenceDot({ status, spoken = false }: { status: Presence; spoken?: boolean }) {
  return (
    <>
      <span className="presence" data-status={status} aria-hidden="true" />
      {spoken && <span className="visually-hidden">{PRESENCE_WORDS[status]}</span>}
    </>
  );
}
