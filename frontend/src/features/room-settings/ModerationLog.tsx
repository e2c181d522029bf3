// What the operator's rules have done in a room, the newest first; for its moderators and owners.
import type { Moderated } from '@belfry/client';
import { useClient, useRoomHandle } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { failureOf, roomSentence } from '../../language/sentences';
import { fullTime, shortTime } from '../../language/time';

interface Log {
  /** `null`: not known yet. */
  moderated: readonly Moderated[] | null;
  hasMore: boolean;
  problem: string;
}

const ACTION_WORD: Record<string, string> = { mask: 'Covered', remove: 'Removed' };

export function ModerationLog() {
  const room = useRoomHandle();
  const client = useClient();
  const [log, setLog] = useState<Log>({ moderated: null, hasMore: false, problem: '' });
  const [names, setNames] = useState<ReadonlyMap<string, string>>(new Map());
  const asked = useRef(new Set<string>());

  const load = useCallback(
    async (before?: number) => {
      try {
        const page = await room.moderation(before);
        setLog(({ moderated }) => ({
          moderated: before === undefined ? page.moderated : [...(moderated ?? []), ...page.moderated],
          hasMore: page.hasMore,
          problem: '',
        }));
      } catch (error) {
        setLog((now) => ({ ...now, problem: roomSentence(failureOf(error)) }));
      }
    },
    [room],
  );

  useEffect(() => void load(), [load]);

  // An entry names its user by id only.
  useEffect(() => {
    for (const { userId } of log.moderated ?? []) {
      if (asked.current.has(userId)) continue;
      asked.current.add(userId);
      client.people.get(userId).then(
        ({ username, displayName }) => setNames((known) => new Map(known).set(userId, displayName || username)),
        () => asked.current.delete(userId),
      );
    }
  }, [client, log.moderated]);

  const { moderated, hasMore, problem } = log;
  return (
    <div className="moderation">
      <p className="soft note">
        What the operator’s rules have done to messages of this room. Their text is not kept.
      </p>
      {problem && (
        <p className="problem" role="alert">
          {problem}{' '}
          <button className="button link" type="button" onClick={() => void load()}>
            Try again
          </button>
        </p>
      )}
      {moderated === null && !problem && (
        <p className="soft" role="status">
          Loading…
        </p>
      )}
      {moderated?.length === 0 && <p className="soft">Nothing so far.</p>}
      {moderated && moderated.length > 0 && (
        <ul className="moderation-list" aria-label="Moderation log">
          {moderated.map((entry) => (
            <li key={`${entry.messageId} ${entry.contentRev}`}>
              <strong>{ACTION_WORD[entry.action] ?? entry.action}</strong>
              <span className="moderation-what">
                {entry.reason}
                <span className="soft">
                  Message {entry.seq} by {names.get(entry.userId) ?? '…'}
                </span>
              </span>
              <time className="soft" dateTime={entry.at} title={fullTime(entry.at)}>
                {shortTime(entry.at)}
              </time>
            </li>
          ))}
        </ul>
      )}
      {hasMore && (
        <button
          className="button quiet"
          type="button"
          onClick={() => void load(moderated?.at(-1)?.contentRev)}
        >
          Show more
        </button>
      )}
    </div>
  );
}
