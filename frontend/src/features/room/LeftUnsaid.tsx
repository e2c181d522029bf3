// What one had begun to write in a room that is closed by now: to be taken elsewhere.
import { useDraft } from '@belfry/react';
import { useId, useRef } from 'react';
import { Button } from '../../design/Button';
import { useToast } from '../../design/Toast';

export function LeftUnsaid() {
  const text = useDraft(({ text }) => text);
  const toast = useToast();
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  if (text.trim() === '') return null;

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      toast({ text: 'Text copied.', name: 'copy' });
    } catch {
      // Refused, or no secure page: there it can be copied by hand.
      field.current?.select();
    }
  }

  return (
    <div className="left-unsaid">
      <label className="soft" htmlFor={id}>
        What you had begun to write
      </label>
      <textarea ref={field} id={id} className="input" rows={3} dir="auto" readOnly value={text} />
      <Button onClick={() => void copy()}>Copy</Button>
    </div>
  );
}
