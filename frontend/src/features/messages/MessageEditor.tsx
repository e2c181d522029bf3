// The field that takes a message's place while it is edited. Enter keeps the change, Escape drops it.
import { LONGEST_MESSAGE } from '@belfry/client';
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { Button } from '../../design/Button';

interface MessageEditorProps {
  text: string;
  onKeep(text: string): void;
  onDrop(): void;
}

export function MessageEditor({ text, onKeep, onDrop }: MessageEditorProps) {
  const [now, setNow] = useState(text);
  const field = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  const tooLong = [...now].length > LONGEST_MESSAGE;
  const keepable = now.trim() !== '' && !tooLong;

  useEffect(() => {
    const box = field.current;
    box?.focus();
    box?.setSelectionRange(box.value.length, box.value.length);
  }, []);

  function keep() {
    if (!keepable) return;
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
        onChange={(event) => setNow(event.target.value)}
        onKeyDown={onKeyDown}
        aria-invalid={tooLong}
      />
      <div className="editor-foot">
        <span className={tooLong ? 'problem' : 'soft'}>
          {tooLong ? 'Too long: a message has at most 8,000 characters.' : 'Enter keeps it, Escape does not.'}
        </span>
        <Button look="quiet" size="small" onClick={onDrop}>
          Cancel
        </Button>
        <Button look="primary" size="small" disabled={!keepable} onClick={keep}>
          Save
        </Button>
      </div>
    </div>
  );
}
