// One message, from the moment that it is written: waiting, kept, failed, edited or deleted, it stays one row.
import { memo } from 'react';
import { type Naming, pieces } from '../rich-text';
import type { Pending } from '../room-state';
import type { MessageRow } from '../timeline';
import type { Message, User } from '../wire';
import { Avatar } from './Avatar';
import { clockTime, fullTime } from './time';
import { ROW } from './use-anchored-scroll';

interface MessageItemProps {
  row: MessageRow;
  me: User;
  names: ReadonlyMap<string, string>;
  onRetry(clientId: string): void;
  onDiscard(clientId: string): void;
}

export const MessageItem = memo(MessageItemView, sameToTheEye);

function MessageItemView({ row, me, names, onRetry, onDiscard }: MessageItemProps) {
  const { userId, username, timestamp, message, pending, leads } = row;
  const clock = clockTime(timestamp);
  return (
    <li
      className="message"
      {...{ [ROW]: row.key }}
      data-leads={leads}
      data-state={pending?.state ?? 'kept'}
      data-mentions-me={userId !== me.id && message?.mentions.includes(me.id)}
    >
      <div className="gutter">
        {leads ? (
          <Avatar userId={userId} username={username} />
        ) : (
          <time className="soft" dateTime={timestamp} aria-hidden="true">
            {clock}
          </time>
        )}
      </div>
      <div className="message-body">
        <p className={leads ? 'byline' : 'visually-hidden'}>
          <strong>{username}</strong>{' '}
          <time className="soft" dateTime={timestamp} title={fullTime(timestamp)}>
            {clock}
          </time>
        </p>
        {message?.deletedAt ? (
          <p className="text soft gone">This message was deleted.</p>
        ) : (
          <p className="text" dir="auto">
            <Text message={message} pending={pending} me={me} names={names} />
            {message?.editedAt && <span className="soft edited"> (edited)</span>}
          </p>
        )}
        {pending?.state === 'failed' && (
          <p className="failed">
            <span className="problem">Not sent. {pending.problem}</span>
            <span className="choices">
              <button className="button link" type="button" onClick={() => onRetry(pending.clientId)}>
                Try again
              </button>
              <button className="button link" type="button" onClick={() => onDiscard(pending.clientId)}>
                Discard
              </button>
            </span>
          </p>
        )}
        {pending?.state === 'waiting' && <span className="visually-hidden">Sending…</span>}
      </div>
    </li>
  );
}

interface TextProps {
  message: Message | null;
  pending: Pending | null;
  me: User;
  names: ReadonlyMap<string, string>;
}

function Text({ message, pending, me, names }: TextProps) {
  const text = message?.content ?? pending?.content ?? '';
  return pieces(text, naming(message?.mentions ?? [], me, names)).map((piece, index) => {
    // A piece is known by its place: the text changes only as a whole.
    const key = index;
    switch (piece.type) {
      case 'link':
        return (
          <a key={key} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
            {piece.text}
          </a>
        );
      case 'mention':
        return (
          <span key={key} className="mention" data-me={piece.ofMe}>
            {piece.text}
          </span>
        );
      default:
        return piece.text;
    }
  });
}

function naming(mentions: readonly string[], me: User, names: ReadonlyMap<string, string>): Naming {
  const known = mentions.map((id) => (id === me.id ? me.username : names.get(id)));
  return {
    names: known.filter((name) => name !== undefined),
    someUnknown: known.includes(undefined),
    me: me.username,
  };
}

/** Names matter only to a message that mentions somebody. */
function sameToTheEye(a: MessageItemProps, b: MessageItemProps): boolean {
  return (
    a.row.message === b.row.message &&
    a.row.pending === b.row.pending &&
    a.row.leads === b.row.leads &&
    a.me.id === b.me.id &&
    a.onRetry === b.onRetry &&
    (a.names === b.names || (b.row.message?.mentions.length ?? 0) === 0)
  );
}
