// A window over the page that wants an answer first. Escape closes it, and the focus goes back to where it was.
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { Close } from './icons';

interface DialogProps {
  title: string;
  onClose(): void;
  children: ReactNode;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();

  useEffect(() => {
    const box = dialog.current;
    box?.showModal();
    return () => box?.close();
  }, []);

  return (
    <dialog
      ref={dialog}
      className="dialog"
      aria-labelledby={titleId}
      onClose={() => !dialog.current?.open && onClose()}
    >
      <header className="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <button className="button quiet icon-only" type="button" onClick={onClose} aria-label="Close">
          <Close />
        </button>
      </header>
      {children}
    </dialog>
  );
}
