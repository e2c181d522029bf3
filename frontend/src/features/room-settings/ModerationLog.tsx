// What the operator's rules have done in a room, the newest first; for its moderators and owners.
import type { Moderated } from '@belfry/client';
import { useClient, useRoomHandle } from '@belfry/react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { Button } from '../../design/Button';
import { DialogBody } from '../../design/Dialog';
import { Shield } from '../../design/icons';
import { EmptyState, ErrorState, Skeleton } from '../../design/States';
import { failureOf, roomSentence } from '../../language/sentences';
import { fullTime, shortTime } from '../../language/time';
import { roomAddress } from '../../routes';

interface Log {
  /** `null`: not known yet. */
  moderated: readonly Moderated[] | null;
  hasMore: boolean;
  problem: string;
}

const ACTION_WORD: Record<string, string> = { mask: 'Covered', remove: 'Removed' };

export function ModerationLog({ onClose }: { onClose(): void }) {
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
        ({ username, displayName }) =>
          setNames((known) => new Map(known).set(userId, displayName || username)),
        () => asked.current.delete(userId),
      );
    }
  }, [client, log.moderated]);

  const { moderated, hasMore, problem } = log;
  return (
    <DialogBody>
      <p className="soft small">
        What the operator’s rules have done to messages of this room. Their text is not kept.
      </p>
      {problem && (
        <ErrorState small level={3} title="No log" sentence={problem} onRetry={() => void load()} />
      )}
      {moderated === null && !problem && <Skeleton label="Loading the log" />}
      {moderated?.length === 0 && (
        <EmptyState small level={3} icon={<Shield />} title="Nothing so far">
          <p className="soft">No rule has covered or removed a message here.</p>
        </EmptyState>
      )}
      {moderated && moderated.length > 0 && (
        <ul className="moderation-list" aria-label="Moderation log">
          {moderated.map((entry) => (
            <li key={`${entry.messageId} ${entry.contentRev}`}>
              <strong>{ACTION_WORD[entry.action] ?? entry.action}</strong>
              <span className="moderation-what">
                {entry.reason}
                <span className="soft">
                  <a href={roomAddress(entry.roomId, entry.seq)} onClick={onClose}>
                    Message {entry.seq}
                  </a>{' '}
                  by {names.get(entry.userId) ?? '…'}
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
        <Button look="quiet" onClick={() => void load(moderated?.at(-1)?.contentRev)}>
          Show more
        </Button>
      )}
    </DialogBody>
  );
}
