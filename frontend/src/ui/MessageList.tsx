// A room's messages, read from the end, with older ones loaded as the reader goes up.
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { Chat } from '../chat';
import { type LiveRoom, roomName } from '../chat-state';
import type { People } from '../people';
import { lastSeq, type RoomState } from '../room-state';
import { timeline } from '../timeline';
import type { Message, User } from '../wire';
import { Down } from './icons';
import { elementId, MessageItem } from './MessageItem';
import type { MessageVerbs } from './message-verbs';
import { dayName } from './time';
import { useAnchoredScroll } from './use-anchored-scroll';
import { useUnreadMark } from './use-unread-mark';

interface MessageListProps {
  chat: Chat;
  room: LiveRoom;
  me: User;
  editing: string | null;
  onReply(message: Message): void;
  onEdit(messageId: string | null): void;
  onRemove(message: Message): void;
}

export function MessageList({ chat, room, me, editing, onReply, onEdit, onRemove }: MessageListProps) {
  const { id, history, people, acts } = room;
  const canLoad = history.hasOlder && history.older === 'idle';
  const loadOlder = useCallback(() => canLoad && chat.loadOlder(id), [chat, id, canLoad]);
  const { scroller, content, atEnd, onScroll, toEnd, toRow } = useAnchoredScroll(loadOlder);
  const visible = useSyncExternalStore(onVisibility, () => document.visibilityState === 'visible');
  const unreadAfter = useUnreadMark(room, atEnd && visible);
  const rows = useMemo(
    () => timeline(history, acts, me.username, unreadAfter),
    [history, acts, me.username, unreadAfter],
  );
  const names = useMemo(() => knownNames(history, people), [history, people]);
  const byId = useMemo(() => new Map(history.messages.map((each) => [each.id, each])), [history.messages]);
  const newest = lastSeq(history);
  const below = room.readSeq === null ? 0 : newest - room.readSeq;

  useEffect(() => {
    if (atEnd && visible && newest > 0) chat.markRead(id);
  }, [chat, id, newest, atEnd, visible]);

  // What somebody writes, they want to see.
  const written = history.pending.at(-1)?.writtenAt ?? '';
  const lastWritten = useRef(written);
  useLayoutEffect(() => {
    if (written > lastWritten.current) {
      lastWritten.current = written;
      toEnd();
    }
  }, [written, toEnd]);

  const jump = useCallback(
    async (messageId: string) => {
      if (!(await chat.seek(id, messageId))) return;
      // The rows of what was loaded are there with the next frame.
      requestAnimationFrame(() => toRow(elementId(messageId)));
    },
    [chat, id, toRow],
  );

  const verbs: MessageVerbs = useMemo(
    () => ({
      retry: (clientId) => chat.retry(id, clientId),
      discard: (clientId) => chat.discard(id, clientId),
      clap: (messageId) => chat.deeds.clap(id, messageId),
      react: (messageId, emoji) => chat.deeds.react(id, messageId, emoji),
      edit: (messageId, text) => chat.deeds.edit(id, messageId, text),
      dismiss: (messageId) => chat.deeds.dismiss(id, messageId),
      reply: onReply,
      startEdit: onEdit,
      remove: onRemove,
      jump,
    }),
    [chat, id, onReply, onEdit, onRemove, jump],
  );

  return (
    <div className="message-area">
      <section
        ref={scroller}
        className="scroller"
        aria-label={`Messages in ${roomName(room)}`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must scroll by keyboard too
        tabIndex={0}
        onScroll={onScroll}
      >
        <div ref={content} className="scrolled">
          <Beginning history={history} name={roomName(room)} onLoad={() => chat.loadOlder(id)} />
          <ol className="messages">
            {rows.map((row) => {
              if (row.type === 'day') return <Divider key={row.key} label={dayName(row.timestamp)} />;
              if (row.type === 'unread') return <Divider key={row.key} label="New" unread />;
              const answers = row.message?.replyTo ?? row.pending?.replyTo;
              return (
                <MessageItem
                  key={row.key}
                  row={row}
                  room={room.info}
                  me={me}
                  names={names}
                  editing={editing !== null && editing === row.message?.id}
                  quoted={answers === undefined ? undefined : byId.get(answers)}
                  verbs={verbs}
                />
              );
            })}
          </ol>
        </div>
      </section>
      {!atEnd && (
        <button className="button to-end" type="button" onClick={toEnd}>
          <Down />
          {below > 0 ? `${below} new` : 'Latest'}
        </button>
      )}
    </div>
  );
}

function Divider({ label, unread = false }: { label: string; unread?: boolean }) {
  return (
    <li className="divider" data-unread={unread}>
      <span>{label}</span>
    </li>
  );
}

interface BeginningProps {
  history: RoomState;
  name: string;
  onLoad(): void;
}

function Beginning({ history, name, onLoad }: BeginningProps) {
  if (history.rev === null && history.messages.length === 0) {
    return (
      <div className="beginning loading" role="status">
        Loading messages…
      </div>
    );
  }
  if (history.hasOlder) {
    return (
      <div className="beginning">
        {history.older === 'failed' && <span className="problem">Earlier messages could not be loaded.</span>}
        <button
          className="button quiet"
          type="button"
          onClick={onLoad}
          disabled={history.older === 'loading'}
        >
          {history.older === 'loading' ? 'Loading earlier messages…' : 'Show earlier messages'}
        </button>
      </div>
    );
  }
  return (
    <div className="beginning first">
      <h2>{name}</h2>
      <p className="soft">
        {history.messages.length === 0
          ? 'Nothing has been said here yet. Write the first message.'
          : 'This is where it began.'}
      </p>
    </div>
  );
}

/** Usernames by id, of everybody who wrote or is here. */
function knownNames(history: RoomState, people: People): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { userId, username } of history.messages) names.set(userId, username);
  for (const { id, username } of people.online.values()) names.set(id, username);
  return names;
}

function onVisibility(changed: () => void) {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
