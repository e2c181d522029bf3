// A room's messages, read from the end: older ones come as the reader goes up, and what is read never moves.
import { useMe, useMessages, usePresence, useRoom, useRoomHandle, useUnread } from '@belfry/react';
import {
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react';
import { Button } from '../../design/Button';
import { Down, Up } from '../../design/icons';
import { ErrorState } from '../../design/States';
import { useToast } from '../../design/Toast';
import { useShortcut } from '../../keyboard';
import { generalSentence } from '../../language/sentences';
import { clockTime, dayName, isSameDay } from '../../language/time';
import { linkTo } from '../../routes';
import { Beginning } from './Beginning';
import { LoadingRows } from './LoadingRows';
import { MessageItem } from './MessageItem';
import type { MessageVerbs } from './message-verbs';
import { rowsOf } from './rows';
import { rememberStanding, standingIn } from './scroll-memory';
import { useAnnouncedMessages } from './use-announced-messages';
import { useJump } from './use-jump';
import { useMessageWindow } from './use-message-window';
import { useNames } from './use-names';
import { useRemovals } from './use-removals';
import { useRowFocus } from './use-row-focus';
import { useUnreadMark } from './use-unread-mark';
import './messages.css';

export interface MessageListProps {
  /** What the room is called. */
  name: string;
  /** The `seq` of the message that the address points at. */
  linked: number | null;
  /** The message in whose place the editor is. */
  editing: string | null;
  onEdit(messageId: string | null): void;
  /** Puts the focus into the field to write in. */
  onWrite(): void;
}

export function MessageList({ name, linked, editing, onEdit, onWrite }: MessageListProps) {
  const room = useRoomHandle();
  const state = useMessages();
  const unread = useUnread();
  const me = useMe();
  const role = useRoom(({ info }) => info?.role ?? null);
  const online = usePresence(({ online }) => online);
  const toast = useToast();
  const { messages, status, hasOlder, hasNewer, older, newer, epoch } = state;
  const loaded = status === 'ready';
  // What was read is the server's to say; before it does, there is only what this device remembers of an earlier visit.
  const joined = useRoom(({ status }) => status === 'live') && loaded;
  const visible = useSyncExternalStore(onVisibility, () => document.visibilityState === 'visible');
  const names = useNames(messages, online, me);
  const { hidden, remove } = useRemovals(room);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const seeing = useRef(false);
  const mark = useUnreadMark(unread, joined, seeing.current && visible);
  const rows = useMemo(
    () => (loaded || messages.length > 0 ? rowsOf(messages, hasOlder, mark?.after ?? null) : []),
    [loaded, messages, hasOlder, mark?.after],
  );
  const byId = useMemo(() => new Map(messages.map((each) => [each.id, each])), [messages]);
  const editedKey = editing === null ? null : (byId.get(editing)?.key ?? null);

  const show = useRef<(index: number, align: 'center' | 'auto') => void>(() => undefined);
  const focus = useRowFocus({ list, rows, show: useCallback((index) => show.current(index, 'auto'), []) });
  const { items, height, measure, atEnd, topSeq, lastSeen, toEnd, toRow, stand } = useMessageWindow({
    rows,
    scroller: box,
    hasOlder,
    hasNewer,
    epoch,
    kept: [focus.focused, editedKey],
    standing: useMemo(() => standingIn(room), [room]),
    onNearTop: () => hasOlder && older === 'idle' && room.loadOlder(),
    onNearEnd: () => hasNewer && newer === 'idle' && room.loadNewer(),
  });
  show.current = toRow;
  seeing.current = atEnd;
  const { jump, marked, going } = useJump({
    room,
    rows,
    loaded,
    linked,
    show: useCallback((index) => toRow(index, 'center'), [toRow]),
    focusRow: focus.focusRow,
  });
  useAnnouncedMessages(state, me?.id ?? null);

  const standing = useRef(stand);
  standing.current = stand;
  useLayoutEffect(() => () => rememberStanding(room, standing.current()), [room]);

  const newest = state.lastSeq;
  useEffect(() => {
    if (joined && atEnd && visible && !going && newest > 0) room.markRead();
  }, [room, joined, newest, atEnd, visible, going]);

  const toNewest = useCallback(() => {
    if (hasNewer) room.toEnd();
    toEnd();
  }, [room, hasNewer, toEnd]);

  const inTabOrder = focus.focused ?? rows[lastSeen ?? rows.length - 1]?.key ?? null;
  useShortcut('jumpLatest', toNewest, !atEnd);
  useShortcut('jumpUnread', () => mark && jump(mark.after + 1), mark !== null);
  useShortcut('readMessages', () => {
    if (inTabOrder === null) return false;
    focus.focusRow(inTabOrder);
  });

  // What somebody writes, they want to see.
  const last = messages.at(-1);
  const written = last?.state === 'waiting' && last.seq === null ? last.key : null;
  const lastWritten = useRef(written);
  useLayoutEffect(() => {
    if (written !== null && written !== lastWritten.current) toNewest();
    lastWritten.current = written ?? lastWritten.current;
  }, [written, toNewest]);

  const verbs: MessageVerbs = useMemo(
    () => ({
      retry: (key) => room.retry(key),
      discard: (key) => {
        const replyTo = room.messages.get().messages.find((each) => each.key === key)?.replyTo;
        const text = room.discard(key);
        // Nobody writes there: it can be put right and sent after all.
        if (text && room.draft.get().text.trim() === '') {
          room.setDraft({ text, ...(replyTo && { replyTo }) });
          onWrite();
        }
      },
      clap: (id) => room.clap(id),
      react: (id, emoji) => room.react(id, emoji),
      reply: (id) => {
        room.setDraft({ replyTo: id });
        onWrite();
      },
      startEdit: onEdit,
      edit: (id, content) => room.edit(id, content),
      remove,
      dismiss: (id) => room.dismiss(id),
      copyLink: async ({ seq }) => {
        if (seq === null) return;
        const link = linkTo(room.id, seq);
        try {
          await navigator.clipboard.writeText(link);
          toast({ text: 'Link copied.', name: 'copy' });
        } catch {
          // Refused, or no secure page: there it can be copied by hand.
          toast({ text: link, name: 'copy', lastsMs: null });
        }
      },
      jump,
    }),
    [room, onEdit, onWrite, remove, toast, jump],
  );

  function onKeyDown(event: KeyboardEvent<HTMLElement>) {
    const row = event.target as HTMLElement;
    // Only of the row itself: in the editor and on its buttons the keys are theirs.
    if (row.dataset.key === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    const to = ({ ArrowUp: 'before', ArrowDown: 'after', Home: 'first', End: 'last' } as const)[event.key];
    if (to) {
      event.preventDefault();
      if (!focus.step(row.dataset.key, to) && to === 'after' && !hasNewer) onWrite();
      return;
    }
    if (event.key !== 'Escape') return;
    event.preventDefault();
    onWrite();
  }

  const unreadAbove = useUnreadAbove(mark?.after ?? null, topSeq);
  const since = mark && messages.find(({ seq }) => seq === mark.after + 1)?.timestamp;

  return (
    <div className="message-area">
      <div
        ref={box}
        className="scroller"
        role="log"
        aria-live="off"
        aria-label={`Messages in ${name}`}
        aria-busy={status === 'loading'}
        onKeyDown={onKeyDown}
        onFocus={focus.onFocus}
        onBlur={focus.onBlur}
      >
        {rows.length === 0 &&
          (status === 'failed' ? (
            <ErrorState
              title="The messages could not be loaded"
              sentence={state.problem ? generalSentence(state.problem) : ''}
              onRetry={() => room.retryOpen()}
            />
          ) : (
            <LoadingRows label="Loading messages…" place="all" />
          ))}
        {rows.length > 0 && hasOlder && (
          <LoadingRows
            label={older === 'loading' ? 'Loading earlier messages…' : ''}
            place="above"
            problem={older === 'failed' ? 'Earlier messages could not be loaded.' : null}
            onRetry={() => room.loadOlder()}
          />
        )}
        {rows.length > 0 && (
          <ol ref={list} className="rows" style={{ height }}>
            {items.map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              const placed = { 'data-index': index, style: { transform: `translateY(${start}px)` } };
              if (row.kind === 'beginning') {
                return (
                  <li key={row.key} ref={measure} className="row-place" {...placed}>
                    <Beginning name={name} known={loaded} empty={messages.length === 0} />
                  </li>
                );
              }
              const { message, day, leads } = row;
              return (
                <li
                  key={row.key}
                  ref={measure}
                  className="row-place"
                  aria-posinset={index + 1}
                  aria-setsize={-1}
                  {...placed}
                >
                  {day && (
                    <div className="divider">
                      <span>{dayName(message.timestamp)}</span>
                    </div>
                  )}
                  {row.unread && (
                    <div className="unread-mark">
                      <span>New</span>
                    </div>
                  )}
                  <MessageItem
                    message={message}
                    leads={leads}
                    role={role}
                    me={me}
                    names={names}
                    quoted={message.replyTo === undefined ? undefined : byId.get(message.replyTo)}
                    editing={editing !== null && editing === message.id}
                    removed={hidden.has(message.id)}
                    marked={marked === row.key}
                    active={focus.focused === row.key}
                    inTabOrder={inTabOrder === row.key}
                    verbs={verbs}
                  />
                </li>
              );
            })}
          </ol>
        )}
        {rows.length > 0 && hasNewer && (
          <LoadingRows
            label={newer === 'loading' ? 'Loading later messages…' : ''}
            place="below"
            problem={newer === 'failed' ? 'Later messages could not be loaded.' : null}
            onRetry={() => room.loadNewer()}
          />
        )}
      </div>
      {mark && unreadAbove && (
        <Button className="jump to-unread" size="small" icon={<Up />} onClick={() => jump(mark.after + 1)}>
          {mark.count} new{since && ` since ${sinceWhen(since)}`}
        </Button>
      )}
      {rows.length > 0 && !atEnd && (
        <Button className="jump to-end" size="small" icon={<Down />} onClick={toNewest}>
          {unread.count > 0 ? `${unread.count} new` : 'Latest'}
        </Button>
      )}
    </div>
  );
}

/** Whether the first unread message is above what is seen, and has not been seen since it became that. */
function useUnreadAbove(after: number | null, topSeq: number | null): boolean {
  const [seen, setSeen] = useState<number | null>(null);
  if (after === null || topSeq === null || seen === after) return false;
  if (topSeq > after + 1) return true;
  setSeen(after);
  return false;
}

function sinceWhen(timestamp: string): string {
  const clock = clockTime(timestamp);
  return isSameDay(timestamp, new Date().toISOString()) ? clock : `${dayName(timestamp)}, ${clock}`;
}

function onVisibility(changed: () => void) {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}
