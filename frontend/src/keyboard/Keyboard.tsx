// One listener for the whole page; features say what a shortcut does while they are there.
import { createContext, type ReactNode, useContext, useEffect, useMemo, useRef } from 'react';
import { pressed, SHORTCUTS, type ShortcutName } from './shortcuts';
import { singleKeys } from './single-keys';

/** `false`: not now, ask the one registered before. */
export type ShortcutHandler = (event: KeyboardEvent) => unknown;

interface Registry {
  add(name: ShortcutName, handler: ShortcutHandler): () => void;
}

const KeyboardContext = createContext<Registry | null>(null);

export function Keyboard({ children }: { children: ReactNode }) {
  const handlers = useRef(new Map<ShortcutName, ShortcutHandler[]>());

  const registry = useMemo<Registry>(
    () => ({
      add(name, handler) {
        const all = handlers.current;
        all.set(name, [...(all.get(name) ?? []), handler]);
        return () =>
          all.set(
            name,
            (all.get(name) ?? []).filter((each) => each !== handler),
          );
      },
    }),
    [],
  );

  useEffect(() => {
    function onKey(event: KeyboardEvent) {
      if (event.defaultPrevented || event.isComposing || !mayActOn(event)) return;
      for (const name of Object.keys(SHORTCUTS) as ShortcutName[]) {
        if (!pressed(name, event)) continue;
        const last = [...(handlers.current.get(name) ?? [])].reverse();
        if (last.some((handler) => handler(event) !== false)) return event.preventDefault();
      }
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  return <KeyboardContext value={registry}>{children}</KeyboardContext>;
}

/** While mounted and `when` holds: the one registered last is asked first. Nothing happens while a window or menu is open. */
export function useShortcut(name: ShortcutName, handler: ShortcutHandler, when = true) {
  const registry = useContext(KeyboardContext);
  const latest = useRef(handler);
  latest.current = handler;
  useEffect(() => {
    if (when) return registry?.add(name, (event) => latest.current(event));
  }, [registry, name, when]);
}

function mayActOn(event: KeyboardEvent): boolean {
  // What is open over the page has the keys.
  if (document.querySelector('dialog[open], .popup:popover-open')) return false;
  const alone = [...event.key].length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  return !alone || (singleKeys.get() && !isWriting(event.target));
}

function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches('textarea, select, input:not([type="radio"], [type="checkbox"], [type="button"])'))
  );
}
