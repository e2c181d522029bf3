// The field to write in. Enter sends, Shift and Enter begins a line, and what an input method composes is never sent halfway.
import { type FormEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import type { Chat } from '../chat';
import { recallDraft, rememberDraft } from '../room-memory';
import { LONGEST_MESSAGE, type Message } from '../wire';
import { Close, Send } from './icons';
import { excerpt } from './Quote';

/** From here on the field says how much room is left. */
const COUNT_FROM = LONGEST_MESSAGE - 500;

interface ComposerProps {
  chat: Chat;
  roomId: string;
  roomName: string;
  userId: string;
  typing: string;
  /** The message that is answered. */
  replyTo: Message | null;
  onNoReply(): void;
  /** Arrow up in an empty field. */
  onEditLast(): void;
}

export function Composer(props: ComposerProps) {
  const { chat, roomId, roomName, userId, typing, replyTo, onNoReply, onEditLast } = props;
  const [text, setText] = useState(() => recallDraft(userId, roomId));
  const field = useRef<HTMLTextAreaElement>(null);
  const fieldId = useId();
  const countId = useId();
  const length = text.length < COUNT_FROM ? text.length : [...text].length;
  const tooLong = length > LONGEST_MESSAGE;
  const sendable = text.trim() !== '' && !tooLong;

  useEffect(() => {
    if (window.matchMedia('(pointer: fine)').matches) field.current?.focus();
  }, []);

  useEffect(() => {
    if (replyTo) field.current?.focus();
  }, [replyTo]);

  function change(next: string) {
    setText(next);
    rememberDraft(userId, roomId, next);
    chat.typed(roomId, next);
  }

  function submit(event?: FormEvent) {
    event?.preventDefault();
    if (!sendable) return;
    chat.write(roomId, text.trim(), replyTo?.id);
    onNoReply();
    setText('');
    rememberDraft(userId, roomId, '');
    field.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const composing = event.nativeEvent.isComposing || event.keyCode === 229;
    if (event.key === 'ArrowUp' && text === '' && !composing) {
      event.preventDefault();
      return onEditLast();
    }
    if (event.key === 'Escape' && replyTo) return onNoReply();
    if (event.key !== 'Enter' || event.shiftKey || composing) return;
    event.preventDefault();
    submit();
  }

  return (
    <form className="composer" onSubmit={submit}>
      {replyTo && (
        <div className="replying">
          <span className="clip">
            <span className="soft">Replying to </span>
            <strong>{replyTo.username}</strong> <span className="soft">{excerpt(replyTo)}</span>
          </span>
          <button
            className="button quiet icon-only small"
            type="button"
            onClick={onNoReply}
            aria-label="Do not reply"
          >
            <Close />
          </button>
        </div>
      )}
      <div className="composer-box">
        <label className="visually-hidden" htmlFor={fieldId}>
          Message to {roomName}
        </label>
        <textarea
          ref={field}
          id={fieldId}
          rows={1}
          dir="auto"
          value={text}
          placeholder={`Write to ${roomName}`}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
          aria-invalid={tooLong}
          aria-describedby={countId}
        />
        <button className="button primary icon-only" type="submit" disabled={!sendable} aria-label="Send">
          <Send />
        </button>
      </div>
      <div className="composer-foot">
        <span className="typing" data-shown={typing !== ''}>
          {typing}
        </span>
        <span id={countId} className={tooLong ? 'problem' : 'soft'}>
          {length >= COUNT_FROM && `${LONGEST_MESSAGE - length} characters left`}
        </span>
      </div>
    </form>
  );
}
