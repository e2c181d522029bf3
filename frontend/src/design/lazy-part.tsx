// A part of the page that comes when it is first shown. Where it does not come, the rest of the page stays, and the next time it is
// asked for again.
import { type ComponentType, type ReactNode, useEffect, useRef, useState } from 'react';
import { useToast } from './Toast';

interface LazyProps {
  /** It could not be loaded, which a notice says: close what was to show it. If not said, the boundary above hears of it. */
  onMissing?(): void;
  /** What stands there until it comes. */
  waiting?: ReactNode;
}

export function lazyPart<Props extends object>(load: () => Promise<ComponentType<Props>>) {
  let Loaded: ComponentType<Props> | undefined;

  return function LazyPart({ onMissing, waiting = null, ...props }: Props & LazyProps) {
    const [Part, setPart] = useState(() => Loaded);
    const [failed, setFailed] = useState<{ error: unknown } | null>(null);
    const toast = useToast();
    const missing = useRef(onMissing);
    missing.current = onMissing;

    useEffect(() => {
      if (Loaded) return;
      let wanted = true;
      load().then(
        (loaded) => {
          Loaded = loaded;
          if (wanted) setPart(() => loaded);
        },
        (error: unknown) => {
          if (!wanted) return;
          if (!missing.current) return setFailed({ error });
          toast({ name: 'missing part', tone: 'danger', text: 'This could not be loaded. Try again.' });
          missing.current();
        },
      );
      return () => {
        wanted = false;
      };
    }, [toast]);

    if (failed) throw failed.error;
    return Part ? <Part {...(props as unknown as Props)} /> : waiting;
  };
}
