// A room's address in a field, so that it can also be copied by hand, and a button that does it.
import { useEffect, useId, useRef, useState } from 'react';

const SHOWN_MS = 2_000;

export function CopyLink({ link }: { link: string }) {
  const field = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  const id = useId();

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
    <div className="copy-link">
      <label htmlFor={id}>Link to this room</label>
      <input ref={field} id={id} value={link} readOnly onFocus={(event) => event.target.select()} />
      <button className="button" type="button" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy link'}
      </button>
      <span className="visually-hidden" role="status">
        {copied && 'The link was copied.'}
      </span>
    </div>
  );
}
