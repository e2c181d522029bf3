// What is typed while nothing has the focus is meant for the field: right after a switch of rooms, or when a window has closed.
import { type RefObject, useEffect } from 'react';

export function useStrayKeys(field: RefObject<HTMLTextAreaElement | null>): void {
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent) {
      const nowhere = document.activeElement === null || document.activeElement === document.body;
      const letter = event.key.length === 1 && event.key !== ' ' && event.key !== '?';
      if (!nowhere || !letter || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented)
        return;
      // The letter goes where the focus is by then.
      field.current?.focus();
    }
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [field]);
}
