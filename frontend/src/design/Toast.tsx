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

export function Toasts({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const next = useRef(0);
  const region = useRef<HTMLElement>(null);

  const drop = useCallback(
    (key: number) => setShown((before) => before.filter((each) => each.key !== key)),
    [],
  );
  const toast = useCallback(
    (wish: ToastWish) => {
      next.current += 1;
      const key = next.current;
      setShown((before) => [
        ...before.filter(({ name }) => !name || name !== wish.name).slice(1 - MOST),
        { ...wish, key },
      ]);
      return () => drop(key);
    },
    [drop],
  );

  // In the top layer, so that it stands over an open window too.
  useEffect(() => {
    const box = region.current;
    if (!box || shown.length === 0) return;
    if (box.matches(':popover-open') && document.querySelector('dialog[open]')) box.hidePopover();
    if (!box.matches(':popover-open')) box.showPopover();
  }, [shown.length]);

  return (
    <ToastContext value={toast}>
      {children}
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
    </ToastContext>
  );
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
