// A window over the page that wants an answer first. Escape closes it, and the focus goes back to where it was.
import { type ComponentProps, type ReactNode, useEffect, useId, useRef } from 'react';
import { IconButton } from './Button';
import { Close } from './icons';
import { useToastsInWindow } from './Toast';
import './Dialog.css';

interface DialogProps {
  title: string;
  /** `bare`: the title is only read out, and nothing closes it but Escape, a press beside it and what is inside. */
  head?: 'shown' | 'bare';
  size?: 'small' | 'normal' | 'large';
  /** A press beside it closes it: for what has nothing in it that could be lost. */
  light?: boolean;
  onClose(): void;
  children: ReactNode;
}

export function Dialog({
  title,
  head = 'shown',
  size = 'normal',
  light = false,
  onClose,
  children,
}: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const toastsIn = useToastsInWindow();

  useEffect(() => {
    const box = dialog.current;
    if (!box) return;
    box.showModal();
    const leave = toastsIn(box);
    return () => {
      leave();
      box.close();
    };
  }, [toastsIn]);

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape does what a press beside it does
    <dialog
      ref={dialog}
      className="dialog"
      data-size={size}
      data-head={head}
      aria-labelledby={titleId}
      onClose={(event) => event.target === dialog.current && !dialog.current.open && onClose()}
      onClick={(event) => light && event.target === dialog.current && onClose()}
    >
      <div className="dialog-box">
        <header className={head === 'bare' ? 'visually-hidden' : 'dialog-head'}>
          <h2 id={titleId}>{title}</h2>
          {head === 'shown' && <IconButton label="Close" icon={<Close />} onClick={onClose} />}
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** What scrolls, where the window is too low for it. */
export function DialogBody({ className, ...rest }: ComponentProps<'div'>) {
  return <div {...rest} className={className ? `dialog-body ${className}` : 'dialog-body'} />;
}

/** The buttons, the one that does it last. */
export function DialogFoot({ children }: { children: ReactNode }) {
  return <footer className="dialog-foot">{children}</footer>;
}
