// What has just happened, in a line that goes by itself, with a way to take it back. It waits while one is on it.
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { createPortal } from 'react-dom';
import { Button, IconButton } from './Button';
import { Close } from './icons';
import './Toast.css';

export interface ToastWish {
  text: string;
  /** Pressing it takes the line away too. */
  action?: { label: string; run(): void };
  /** Something did not work. */
  tone?: 'plain' | 'danger';
  /** `null`: until it is closed. 6 s if not said, 10 s with an action. */
  lastsMs?: number | null;
  /** One that is there with the same name is replaced. */
  name?: string;
  /** It was closed or its time was up, without the action. */
  onGone?(): void;
}

interface Shown extends ToastWish {
  key: number;
}

const MOST = 3;
const ToastContext = createContext<(wish: ToastWish) => () => void>(() => () => undefined);
const WindowContext = createContext<(box: HTMLElement) => () => void>(() => () => undefined);

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const next = useRef(0);
  const region = useRef<HTMLElement>(null);
  const windows = useRef<HTMLElement[]>([]);
  const [place] = useState(() => {
    const made = document.createElement('div');
    made.className = 'toasts-place';
    return made;
  });

  const drop = useCallback(
    (key: number) => setShown((before) => before.filter((each) => each.key !== key)),
    [],
  );
  const toast = useCallback(
    (wish: ToastWish) => {
      next.current += 1;
      const key = next.current;
      setShown((before) => [
        ...withRoomForOne(before.filter(({ name }) => !name || name !== wish.name)),
        { ...wish, key },
      ]);
      return () => drop(key);
    },
    [drop],
  );

  // In the top layer, so that it stands over what is open; and in the window that is open, since nothing outside of it can be pressed.
  const raise = useCallback(() => {
    const home = windows.current.at(-1) ?? document.body;
    if (place.parentElement !== home) home.append(place);
    const box = region.current;
    if (!box || box.childElementCount === 0) return;
    if (box.matches(':popover-open')) box.hidePopover();
    box.showPopover();
  }, [place]);
  useEffect(raise, [raise]);
  useEffect(() => {
    if (shown.length > 0) raise();
  }, [raise, shown.length]);
  useEffect(() => () => place.remove(), [place]);

  const inWindow = useCallback(
    (box: HTMLElement) => {
      windows.current = [...windows.current, box];
      raise();
      return () => {
        windows.current = windows.current.filter((each) => each !== box);
        raise();
      };
    },
    [raise],
  );

  return (
    <ToastContext value={toast}>
      <WindowContext value={inWindow}>{children}</WindowContext>
      {createPortal(
        <>
          <section ref={region} className="toasts" popover="manual" aria-label="Notices">
            {shown.map(({ key, ...wish }) => (
              <Line key={key} {...wish} drop={() => drop(key)} />
            ))}
          </section>
          <div className="visually-hidden" aria-live="polite">
            {shown.map(({ key, text, action }) => (
              <p key={key}>{action ? `${text} ${action.label} is possible.` : text}</p>
            ))}
          </div>
        </>,
        place,
      )}
    </ToastContext>
  );
}

/** The oldest go; one with something to press never, since that may be the only way back. */
function withRoomForOne(shown: readonly Shown[]): readonly Shown[] {
  const oldest = shown.find(({ action }) => !action);
  if (shown.length < MOST || !oldest) return shown;
  return withRoomForOne(shown.filter((each) => each !== oldest));
}

/** For a window over the page: from now until the answer is called, notices stand in it. */
export function useToastsInWindow(): (box: HTMLElement) => () => void {
  return useContext(WindowContext);
}

/** Shows a line; the answer takes it away. The same function always. */
export function useToast(): (wish: ToastWish) => () => void {
  return useContext(ToastContext);
}

function Line({ text, action, tone = 'plain', lastsMs, onGone, drop }: ToastWish & { drop(): void }) {
  const [held, setHeld] = useState(false);
  const life = lastsMs === undefined ? (action ? 10_000 : 6_000) : lastsMs;
  const gone = useRef<() => void>(drop);
  gone.current = () => {
    drop();
    onGone?.();
  };
  const hold = useMemo(() => {
    const on = () => setHeld(true);
    const off = () => setHeld(false);
    return { onPointerEnter: on, onPointerLeave: off, onFocus: on, onBlur: off };
  }, []);

  useEffect(() => {
    if (held || life === null) return;
    const timer = setTimeout(() => gone.current(), life);
    return () => clearTimeout(timer);
  }, [held, life]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: being on it holds it, Escape is one more way to close it
    <div
      className="toast"
      data-tone={tone}
      {...hold}
      onKeyDown={(event) => event.key === 'Escape' && gone.current()}
    >
      <p>{text}</p>
      {action && (
        <Button
          size="small"
          look="link"
          onClick={() => {
            drop();
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton label="Close this notice" size="small" icon={<Close />} onClick={() => gone.current()} />
    </div>
  );
}
