// Ties the field to the room's draft: what is typed is the draft at once, and what is put into the draft elsewhere comes into the field.
import type { Room } from '@belfry/client';
import { useDraft } from '@belfry/react';
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

/** The field keeps its own text, so that the browser's undo and its input methods are left alone. One field is for one room. */
export function useDraftField(room: Room, field: RefObject<HTMLTextAreaElement | null>) {
  const draft = useDraft(room.id);
  const [text, setText] = useState(draft.text);
  const written = useRef(draft.text);

  useLayoutEffect(() => {
    if (!field.current || draft.text === written.current) return;
    written.current = draft.text;
    field.current.value = draft.text;
    field.current.setSelectionRange(draft.text.length, draft.text.length);
    setText(draft.text);
  }, [draft.text, field]);

  const write = useCallback(
    (next: string) => {
      written.current = next;
      setText(next);
      room.setDraft({ text: next });
    },
    [room],
  );

  return { text, replyTo: draft.replyTo, write };
}
