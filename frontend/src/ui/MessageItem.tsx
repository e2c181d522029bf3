// One message, from the moment that it is written: waiting, kept, failed, edited or deleted, it stays one row.
import { memo } from 'react';
import type { MessageRow } from '../timeline';
import type { Message, Room, User } from '../wire';
import { Applause } from './Applause';
import { Avatar } from './Avatar';
import { MessageActions } from './MessageActions';
import { MessageEditor } from './MessageEditor';
import { MessageText } from './MessageText';
import type { MessageVerbs } from './message-verbs';
import { Quote } from './Quote';
import { clockTime, fullTime } from './time';
import { ROW } from './use-anchored-scroll';

interface MessageItemProps {
  row: MessageRow;
  room: Room | null;
  me: User;
  names: ReadonlyMap<string, string>;
  editing: boolean;
  /** The message that this one answers, where it is loaded. */
  quoted: Message | undefined;
  verbs: MessageVerbs;
}

export const MessageItem = memo(MessageItemView, sameToTheEye);

function MessageItemView({ row, room, me, names, editing, quoted, verbs }: MessageItemProps) {
  const { userId, username, timestamp, message, pending, leads } = row;
  const clock = clockTime(timestamp);
  const answers = message?.replyTo ?? pending?.replyTo;
  const gone = message?.deletedAt !== undefined;
  const editable = message !== null && !gone;
  return (
    <li
      className="message"
      {...{ [ROW]: row.key }}
      id={message ? elementId(message.id) : undefined}
      tabIndex={-1}
      data-leads={leads}
      data-state={stateOf(row)}
      data-editing={editing && editable}
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
        {answers && !gone && <Quote messageId={answers} message={quoted} onJump={verbs.jump} />}
        <p className={leads ? 'byline' : 'visually-hidden'}>
          <strong>{username}</strong>{' '}
          <time className="soft" dateTime={timestamp} title={fullTime(timestamp)}>
            {clock}
          </time>
        </p>
        {gone ? (
          <p className="text gone">This message was deleted.</p>
        ) : editing && editable ? (
          <MessageEditor
            text={message.content}
            onKeep={(text) => {
              verbs.startEdit(null);
              verbs.edit(message.id, text);
            }}
            onDrop={() => verbs.startEdit(null)}
          />
        ) : (
          <p className="text" dir="auto">
            <MessageText
              text={message?.content ?? pending?.content ?? ''}
              mentions={message?.mentions ?? []}
              me={me}
              names={names}
            />
            {message?.editedAt && (
              <span className="soft edited" title={`Edited ${fullTime(message.editedAt)}`}>
                {' '}
                (edited)
              </span>
            )}
          </p>
        )}
        <Trouble row={row} verbs={verbs} />
        {message && !gone && <Applause message={message} verbs={verbs} />}
        {stateOf(row) === 'waiting' && <span className="visually-hidden">Sending…</span>}
      </div>
      {editable && !editing && message.type !== 'system' && room?.role && (
        <MessageActions message={message} room={room} me={me.id} verbs={verbs} />
      )}
    </li>
  );
}

/** What did not work, where it was tried. */
function Trouble({ row: { message, acts, pending }, verbs }: { row: MessageRow; verbs: MessageVerbs }) {
  if (pending?.state === 'failed') {
    return (
      <Failed
        text={`Not sent. ${pending.problem}`}
        again={() => verbs.retry(pending.clientId)}
        drop={() => verbs.discard(pending.clientId)}
      />
    );
  }
  if (!message || !acts?.problem) return null;
  const { edit, problem } = acts;
  const drop = () => verbs.dismiss(message.id);
  if (edit?.failed) {
    return (
      <Failed
        text={`Not changed. ${problem}`}
        again={() => verbs.edit(message.id, edit.content)}
        drop={drop}
      />
    );
  }
  return <Failed text={problem} drop={drop} />;
}

function Failed({ text, again, drop }: { text: string; again?(): void; drop(): void }) {
  return (
    <p className="failed" role="alert">
      <span className="problem">{text}</span>
      <span className="choices">
        {again && (
          <button className="button link" type="button" onClick={again}>
            Try again
          </button>
        )}
        <button className="button link" type="button" onClick={drop}>
          {again ? 'Discard' : 'Dismiss'}
        </button>
      </span>
    </p>
  );
}

export function elementId(messageId: string): string {
  return `message-${messageId}`;
}

function stateOf({ acts, pending }: MessageRow): string {
  if (pending) return pending.state;
  if (acts?.edit?.failed) return 'failed';
  if (acts?.deleting) return 'waiting';
  return acts?.edit && acts.edit.rev === undefined ? 'waiting' : 'kept';
}

/** Names matter only to a message that mentions somebody; of the room, what the user may do in it. */
function sameToTheEye(a: MessageItemProps, b: MessageItemProps): boolean {
  return (
    a.row.message === b.row.message &&
    a.row.acts === b.row.acts &&
    a.row.pending === b.row.pending &&
    a.row.leads === b.row.leads &&
    a.room?.role === b.room?.role &&
    a.me.id === b.me.id &&
    a.editing === b.editing &&
    a.quoted === b.quoted &&
    a.verbs === b.verbs &&
    (a.names === b.names || (b.row.message?.mentions.length ?? 0) === 0)
  );
}
