// The field that takes a message's place while it is edited. Enter keeps the change. What is left
// unfinished is a draft of its own, given back when the message is edited again.
import { LONGEST_MESSAGE, type MessageItem } from '@belfry/client';
import { useDraft } from '@belfry/react';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../design/Button';

interface MessageEditorProps {
  message: MessageItem;
  onKeep(text: string): void;
  onDrop(): void;
}

export function MessageEditor({ message, onKeep, onDrop }: MessageEditorProps) {
  const { id: messageId, roomId, content: text } = message;
  // No room is called that: the sign is in no room's id.
  const draft = useDraft(`${roomId}#${messageId}`);
  // What was kept may come later than the field is there; what is typed meanwhile counts.
  const [typed, setTyped] = useState<string | null>(null);
  const now = typed ?? (draft.text || text);
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const tooLong = [...now].length > LONGEST_MESSAGE;
  const keepable = now.trim() !== '' && !tooLong;

  useEffect(() => {
    const box = field.current;
    box?.focus();
    box?.setSelectionRange(box.value.length, box.value.length);
  }, []);

  function change(next: string) {
    setTyped(next);
    draft.set({ text: next === text ? '' : next });
  }

  function keep() {
    if (!keepable) return;
    draft.set({ text: '' });
    if (now.trim() === text) return onDrop();
    onKeep(now.trim());
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      onDrop();
    }
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    keep();
  }

  return (
    <div className="editor">
      <label className="visually-hidden" htmlFor={id}>
        Edit your message
      </label>
      <textarea
        ref={field}
        id={id}
        className="input"
        rows={1}
        dir="auto"
        value={now}
        onChange={(event) => change(event.target.value)}
        onKeyDown={onKeyDown}
        aria-invalid={tooLong}
      />
      <div className="editor-foot">
        <span className={tooLong ? 'problem' : 'soft'}>
          {tooLong
            ? 'Too long: a message has at most 8,000 characters.'
            : 'Enter saves it, Escape leaves it for later.'}
        </span>
        {now !== text && (
          <Button
            look="quiet"
            size="small"
            onClick={() => {
              change(text);
              field.current?.focus();
            }}
          >
            Start over
          </Button>
        )}
        <Button look="quiet" size="small" onClick={onDrop}>
          Close
        </Button>
        <Button look="primary" size="small" disabled={!keepable} onClick={keep}>
          Save
        </Button>
      </div>
    </div>
  );
}
