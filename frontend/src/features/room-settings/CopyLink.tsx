// A room's address in a field, so that it can also be copied by hand, and a button that does it.
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../design/Button';
import { Field } from '../../design/Field';
import { Check, Copy } from '../../design/icons';

const SHOWN_MS = 2_000;

export function CopyLink({ link }: { link: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
    } catch {
      // Refused, or no secure page: marked, it is one key away.
      field.current?.select();
    }
  }

  return (
    <Field label="Link to this room">
      {(control) => (
        <div className="copy-link">
          <input {...control} ref={field} value={link} readOnly onFocus={(event) => event.target.select()} />
          <Button icon={copied ? <Check /> : <Copy />} onClick={() => void copy()}>
            {copied ? 'Copied' : 'Copy link'}
          </Button>
          <span className="visually-hidden" role="status">
            {copied && 'The link was copied.'}
          </span>
        </div>
      )}
    </Field>
  );
}
