// A button that opens a small panel beside it, above everything. Escape and a press elsewhere close it, and so does scrolling the
// button out of the window; until then the panel stays beside it, since a list of messages also moves by itself.
import {
  type ComponentPropsWithRef,
  type ReactNode,
  type ToggleEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Look, Size } from './Button';
import { place, type Side } from './place';
import { tip } from './Tooltip';
import './Button.css';
import './Popup.css';

export interface PopupProps {
  /** The name of the button and of the panel. */
  label: string;
  /** What the button shows. */
  face: ReactNode;
  /** `bare`: the button looks as `className` says, and as nothing else. */
  look?: Look | 'bare';
  size?: Size;
  className?: string;
  kind: 'menu' | 'dialog';
  side?: Side;
  align?: 'start' | 'end';
  keys?: string;
  /** Off for what can be reached another way by keyboard. */
  tabStop?: boolean;
  onToggle?(open: boolean): void;
  /** Made when it opens: nothing of it is there before. */
  children(close: () => void): ReactNode;
}

export function Popup({
  label,
  face,
  look = 'quiet',
  size = 'normal',
  className,
  kind,
  side = 'below',
  align = 'end',
  keys,
  tabStop = true,
  onToggle,
  children,
}: PopupProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();
  const close = () => panel.current?.hidePopover();

  useLayoutEffect(() => {
    if (!open || !panel.current || !button.current) return;
    place(panel.current, button.current.getBoundingClientRect(), { side, align });
    const first =
      panel.current.querySelector<HTMLElement>('[autofocus], [aria-checked="true"]') ??
      panel.current.querySelector<HTMLElement>('button, input, a[href], [tabindex="0"]');
    (first ?? panel.current).focus();
  }, [open, side, align]);

  useEffect(() => {
    if (!open || !panel.current || !button.current) return;
    const [box, anchor] = [panel.current, button.current];
    // What comes late (a lazy palette) makes the panel another size.
    const sized = new ResizeObserver(() => place(box, anchor.getBoundingClientRect(), { side, align }));
    sized.observe(box);
    const onScroll = (event: Event) => {
      if (!(event.target as Node).contains(anchor)) return;
      const at = anchor.getBoundingClientRect();
      if (at.bottom < 0 || at.top > window.innerHeight) box.hidePopover();
      else place(box, at, { side, align });
    };
    window.addEventListener('scroll', onScroll, true);
    return () => {
      sized.disconnect();
      window.removeEventListener('scroll', onScroll, true);
    };
  }, [open, side, align]);

  const dress: ComponentPropsWithRef<'button'> & Record<`data-${string}`, unknown> =
    look === 'bare'
      ? { className }
      : {
          className: className ? `button ${className}` : 'button',
          'data-look': look,
          'data-size': size,
          'data-icon-only': true,
        };
  return (
    <>
      <button
        {...dress}
        {...tip(label, keys)}
        ref={button}
        type="button"
        aria-label={label}
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
        tabIndex={-1}
        aria-label={label}
        onToggle={(event: ToggleEvent<HTMLDivElement>) => {
          if (event.target !== panel.current) return;
          setOpen(event.newState === 'open');
          onToggle?.(event.newState === 'open');
        }}
      >
        {open && children(close)}
      </div>
    </>
  );
}
