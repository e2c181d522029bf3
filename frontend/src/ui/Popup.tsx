// A button that opens a small panel beside it, above everything. Escape, a click elsewhere and scrolling close it.
import { type ReactNode, type ToggleEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';

interface PopupProps {
  label: string;
  /** What the button shows. */
  face: ReactNode;
  className?: string;
  kind: 'menu' | 'dialog';
  /** Off for what can be reached another way by keyboard. */
  tabStop?: boolean;
  children(close: () => void): ReactNode;
}

const GAP_PX = 4;

export function Popup({
  label,
  face,
  className = 'button quiet icon-only',
  kind,
  tabStop = true,
  children,
}: PopupProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = () => panel.current?.hidePopover();

  useLayoutEffect(() => {
    if (!open || !panel.current || !button.current) return;
    place(panel.current, button.current.getBoundingClientRect());
    panel.current.querySelector<HTMLElement>('button, input')?.focus();
  }, [open]);

  useEffect(() => {
    if (!open) return;
    const onScroll = (event: Event) => {
      if (!panel.current?.contains(event.target as Node)) panel.current?.hidePopover();
    };
    window.addEventListener('scroll', onScroll, true);
    return () => window.removeEventListener('scroll', onScroll, true);
  }, [open]);

  return (
    <>
      <button
        ref={button}
        className={className}
        type="button"
        aria-label={label}
        title={label}
        aria-haspopup={kind}
        aria-expanded={open}
        popoverTarget={id}
        data-open={open}
        tabIndex={tabStop ? 0 : -1}
      >
        {face}
      </button>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles that it can have take a name */}
      <div
        ref={panel}
        id={id}
        className="popup"
        popover="auto"
        role={kind}
        aria-label={label}
        onToggle={(event: ToggleEvent<HTMLDivElement>) => setOpen(event.newState === 'open')}
      >
        {open && children(close)}
      </div>
    </>
  );
}

/** Below the button, above it where there is no room, and never over the edge of the window. */
function place(panel: HTMLElement, anchor: DOMRect) {
  const { width, height } = panel.getBoundingClientRect();
  const below = anchor.bottom + GAP_PX;
  const top = below + height > window.innerHeight ? Math.max(GAP_PX, anchor.top - height - GAP_PX) : below;
  const left = Math.min(Math.max(GAP_PX, anchor.right - width), window.innerWidth - width - GAP_PX);
  panel.style.top = `${top}px`;
  panel.style.left = `${left}px`;
}
