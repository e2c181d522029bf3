// One message, from the moment that it is written: waiting, kept, failed, edited or deleted, it stays one row.
import type { MessageItem as Item, Role, User } from '@belfry/client';
import { memo, useMemo } from 'react';
import { Avatar } from '../../design/Avatar';
import { clockTime, fullTime } from '../../language/time';
import { useCut } from '../connection/use-cut';
import { Markdown } from '../markdown/Markdown';
import { LinksInTabOrder } from '../markdown/spans';
import { Applause } from './Applause';
import { actOf } from './keys';
import { MessageActions } from './MessageActions';
import { MessageEditor } from './MessageEditor';
import type { MessageVerbs } from './message-verbs';
import { Previews } from './Previews';
import { Quote } from './Quote';
import { useShownName } from './shown-names';
import { Trouble } from './Trouble';

export interface MessageItemProps {
  message: Item;
  leads: boolean;
  /** What the user is in the room; `null`: no member. */
  role: Role | null;
  me: User | null;
  names: ReadonlyMap<string, string>;
  /** The message that this one answers, where it is known. */
  quoted: Item | undefined;
  editing: boolean;
  /** Deleted a moment ago, with a way back. */
  removed: boolean;
  /** It was gone to. */
  marked: boolean;
  /** It has the focus. */
  active: boolean;
  inTabOrder: boolean;
  verbs: MessageVerbs;
}

export const MessageItem = memo(MessageItemView, sameToTheEye);

function MessageItemView(props: MessageItemProps) {
  const { message, leads, role, me, names, quoted, editing, removed, marked, active, inTabOrder, verbs } =
    props;
  const { id, key, seq, userId, timestamp, content, replyTo, mentions, state } = message;
  const name = useShownName()(message);
  const clock = clockTime(timestamp);
  const gone = removed || message.deletedAt !== undefined;
  const kept = seq !== null && !gone;
  const system = message.type === 'system';
  const naming = useMemo(() => namingOf(mentions, names, me), [mentions, names, me]);
  return (
    <LinksInTabOrder value={active}>
      <article
        className="message"
        data-key={key}
        data-seq={seq ?? undefined}
        data-leads={leads}
        data-state={state === 'changing' ? 'waiting' : state}
        data-type={message.type}
        data-editing={editing && kept}
        data-marked={marked}
        data-mentions-me={!gone && userId !== me?.id && me !== null && mentions.includes(me.id)}
        tabIndex={inTabOrder ? 0 : -1}
        onKeyDown={(event) => {
          const act =
            kept && !system && role && me ? actOf(event, { message, role, me: me.id, verbs }) : null;
          if (!act) return;
          event.preventDefault();
          act();
        }}
      >
        <div className="gutter">
          {leads && !system ? (
            <Avatar id={userId} name={name} />
          ) : (
            <time className="soft" dateTime={timestamp} aria-hidden="true">
              {clock}
            </time>
          )}
        </div>
        <div className="message-body">
          {replyTo !== undefined && !gone && (
            <Quote messageId={replyTo} message={quoted} onJump={verbs.jump} active={active} />
          )}
          <p className={leads && !system ? 'byline' : 'visually-hidden'}>
            <strong>{name}</strong>{' '}
            <time className="soft" dateTime={timestamp} title={fullTime(timestamp)}>
              {clock}
            </time>
          </p>
          {gone ? (
            <p className="text gone">This message was deleted.</p>
          ) : editing && kept ? (
            <MessageEditor
              message={message}
              onKeep={(text) => {
                verbs.startEdit(null);
                verbs.edit(id, text);
              }}
              onDrop={() => verbs.startEdit(null)}
            />
          ) : (
            <div className="text" dir="auto">
              <Markdown text={content} {...(naming ? { naming } : {})} />
              {message.editedAt && (
                <span className="edited" title={`Edited ${fullTime(message.editedAt)}`}>
                  {' '}
                  (edited)
                </span>
              )}
            </div>
          )}
          {!gone && <Trouble message={message} verbs={verbs} />}
          {kept && !editing && <Previews previews={message.previews} active={active} />}
          {kept && <Applause message={message} member={role !== null} active={active} verbs={verbs} />}
          {(state === 'waiting' || state === 'changing') && <Unsent />}
        </div>
        {kept && !editing && !system && role && me && (
          <MessageActions message={message} role={role} me={me.id} active={active} verbs={verbs} />
        )}
      </article>
    </LinksInTabOrder>
  );
}

/** By itself, so that of all messages only those that wait hear of the connection. */
function Unsent() {
  const cut = useCut();
  return <span className="visually-hidden">{cut ? 'Waiting to be sent' : 'Sending…'}</span>;
}

/** `null`: nobody is mentioned. */
function namingOf(mentions: readonly string[], names: ReadonlyMap<string, string>, me: User | null) {
  if (mentions.length === 0) return null;
  const known = mentions.map((id) => names.get(id));
  return {
    names: known.filter((name) => name !== undefined),
    someUnknown: known.includes(undefined),
    me: me !== null && mentions.includes(me.id) ? me.username : '',
  };
}

/** Names matter only to a message that mentions somebody. */
function sameToTheEye(a: MessageItemProps, b: MessageItemProps): boolean {
  return (
    a.message === b.message &&
    a.leads === b.leads &&
    a.role === b.role &&
    a.me?.id === b.me?.id &&
    a.editing === b.editing &&
    a.removed === b.removed &&
    a.marked === b.marked &&
    a.active === b.active &&
    a.inTabOrder === b.inTabOrder &&
    a.quoted === b.quoted &&
    a.verbs === b.verbs &&
    (a.names === b.names || b.message.mentions.length === 0)
  );
}
