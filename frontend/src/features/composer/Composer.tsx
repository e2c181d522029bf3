// The field to write in. Enter sends, Shift and Enter begins a line, and what an input method composes is never sent halfway.
import type { Room } from '@belfry/client';
import { useConnection, useRoom, useRoomHandle, useRooms } from '@belfry/react';
import {
  type ClipboardEvent,
  type FormEvent,
  type KeyboardEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { IconButton } from '../../design/Button';
import { Send, Smile } from '../../design/icons';
import { Popup } from '../../design/Popup';
import { pressed, useShortcut } from '../../keyboard';
import { EmojiPicker } from '../emoji/EmojiPicker';
import { applyEdit, replaceRange } from './apply-edit';
import { Foot } from './Foot';
import { FormattingHelp } from './FormattingHelp';
import { continueList, type Edit, type FieldState, type Mark, pasteLink, toggleMark } from './markdown-edits';
import { isBlank, leftToSay, toSend } from './message-length';
import { ReplyBar } from './ReplyBar';
import { Suggestions } from './Suggestions';
import { useCompletion } from './use-completion';
import { useDraftField } from './use-draft-field';
import { useGrowth } from './use-growth';
import { useStrayKeys } from './use-stray-keys';
import './composer.css';

interface ComposerProps {
  /** Arrow up in an empty field. */
  onEditLast(): void;
}

/** Of the room of the nearest `RoomProvider`. */
export function Composer({ onEditLast }: ComposerProps) {
  const room = useRoomHandle();
  // A room has a field of its own: what is typed after a switch cannot land in the room before.
  return <RoomField key={room.id} room={room} onEditLast={onEditLast} />;
}

const MARKS: readonly Mark[] = ['bold', 'italic', 'code'];

function RoomField({ room, onEditLast }: ComposerProps & { room: Room }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, replyTo, write } = useDraftField(room, field);
  const completion = useCompletion(room, field);
  const title = useTitle(room.id);
  const online = useConnection(({ status }) => status === 'online');
  const [first] = useState(text);
  const [byTouch] = useState(() => !window.matchMedia('(any-pointer: fine)').matches);
  const fieldId = useId();
  const footId = useId();
  const left = leftToSay(text);
  const tooLong = left !== null && left < 0;
  const blank = isBlank(text);
  const sendable = !blank && !tooLong;
  useGrowth(field, text);
  useStrayKeys(field);
  useShortcut('write', () => field.current?.focus());

  useLayoutEffect(() => {
    const end = field.current?.value.length ?? 0;
    field.current?.setSelectionRange(end, end);
    if (!byTouch) field.current?.focus();
  }, [byTouch]);

  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);

  function input() {
    const next = field.current?.value ?? '';
    write(next);
    room.typed(next);
    completion.look();
  }

  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (!sendable || !field.current) return;
    room.send(toSend(field.current.value), replyTo ? { replyTo } : {});
    field.current.value = '';
    write('');
    noReply();
    room.typed('');
    completion.leave();
    field.current.focus();
  }

  function noReply() {
    if (replyTo) room.setDraft({ replyTo: null });
  }

  /** Whether there was something to do. */
  function act(edit: (state: FieldState) => Edit | null): boolean {
    if (!field.current) return false;
    const { value, selectionStart, selectionEnd } = field.current;
    const wanted = edit({ text: value, start: selectionStart, end: selectionEnd });
    if (wanted) applyEdit(field.current, wanted);
    return wanted !== null;
  }

  function onKeyDown(event: KeyboardEvent) {
    // While an input method composes, and for the key that ends it, each key is its own.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (completion.list.press(event)) return;
    const mark = MARKS.find((each) => pressed(each, event));
    if (mark) {
      event.preventDefault();
      act((state) => toggleMark(state, mark));
    } else if (pressed('editLast', event) && text === '') {
      event.preventDefault();
      onEditLast();
    } else if (event.key === 'Escape' && replyTo) {
      event.preventDefault();
      noReply();
    } else if (event.key === 'Enter') onEnter(event);
  }

  function onEnter(event: KeyboardEvent) {
    if (event.shiftKey || (byTouch && !event.ctrlKey && !event.metaKey)) {
      if (act(continueList)) event.preventDefault();
      return;
    }
    event.preventDefault();
    submit();
  }

  function onPaste(event: ClipboardEvent) {
    const pasted = event.clipboardData.getData('text/plain');
    if (act((state) => pasteLink(state, pasted))) event.preventDefault();
  }

  function pick(emoji: string) {
    const target = field.current;
    if (target) replaceRange(target, target.selectionStart, target.selectionEnd, emoji);
  }

  return (
    <form className="composer" onSubmit={submit}>
      <Suggestions list={completion.list} label={completion.label} choices={completion.choices} />
      {replyTo && <ReplyBar to={replyTo} onCancel={noReply} />}
      <div className="composer-box">
        <label className="visually-hidden" htmlFor={fieldId}>
          Message to {title}
        </label>
        <textarea
          {...completion.list.textbox}
          ref={field}
          id={fieldId}
          rows={1}
          dir="auto"
          autoComplete="off"
          enterKeyHint={byTouch ? 'enter' : 'send'}
          defaultValue={first}
          placeholder={`Write to ${title}`}
          onInput={(event) => {
            input();
            if ((event.nativeEvent as InputEvent).data === ':') completion.closeEmoji();
          }}
          onSelect={completion.look}
          onBlur={completion.leave}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          aria-invalid={tooLong}
          aria-describedby={footId}
        />
        <div className="composer-tools">
          <FormattingHelp onMark={(mark) => act((state) => toggleMark(state, mark))} />
          <Popup label="Emoji" face={<Smile />} kind="dialog" side="above" size="small">
            {(close) => (
              <EmojiPicker
                onClose={close}
                onPick={(emoji) => {
                  close();
                  pick(emoji);
                }}
              />
            )}
          </Popup>
          <IconButton
            label="Send"
            type="submit"
            look="primary"
            size="small"
            icon={<Send />}
            disabled={!sendable}
          />
        </div>
      </div>
      <Foot id={footId} left={left} waits={!online && !blank} />
    </form>
  );
}

/** What the room is called: known from the list of rooms before the room itself has answered. */
function useTitle(roomId: string): string {
  const listed = useRooms(({ rooms }) => rooms.find(({ id }) => id === roomId)?.title ?? null);
  const own = useRoom(roomId, ({ info, partner }) =>
    partner ? (partner.displayName ?? partner.username) : (info?.name ?? null),
  );
  return listed ?? own ?? roomId;
}
