// A list to choose from while the focus stays in a field: arrow keys move, Enter chooses, Escape closes.
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import './ListBox.css';

interface Wish {
  /** How many there are to choose from; with none the list is closed. */
  count: number;
  onChoose(index: number): void;
  /** Escape. */
  onClose?(): void;
  /** Tab chooses too: for a completion while writing. */
  tabChooses?: boolean;
  /** When it changes, the first one is active again: what was typed. */
  of?: unknown;
}

export interface List {
  /** For an `<input>`: the field and the list are one combobox. */
  readonly combobox: {
    role: 'combobox';
    'aria-expanded': boolean;
    'aria-autocomplete': 'list';
    'aria-controls': string;
    'aria-activedescendant': string | undefined;
    onKeyDown(event: KeyboardEvent): void;
  };
  /** For a `<textarea>`, which has to stay a text box; its own keys come first, then `press`. */
  readonly textbox: {
    'aria-autocomplete': 'list';
    'aria-controls': string | undefined;
    'aria-activedescendant': string | undefined;
  };
  /** Whether the key was the list's. */
  press(event: KeyboardEvent): boolean;
  readonly id: string;
  readonly active: number;
  setActive(index: number): void;
  choose(index: number): void;
}

export function useListBox({ count, onChoose, onClose, tabChooses = false, of }: Wish): List {
  const id = useId();
  const [at, setAt] = useState({ index: 0, of });
  const active = Object.is(at.of, of) ? Math.min(at.index, count - 1) : count > 0 ? 0 : -1;
  const setActive = (index: number) => setAt({ index, of });

  function press(event: KeyboardEvent): boolean {
    // Enter ends what an input method is composing, and chooses nothing.
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === 'Escape' && onClose) {
      event.preventDefault();
      event.stopPropagation();
      onClose();
      return true;
    }
    if (count === 0) return false;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (steps !== undefined) {
      const far = Math.abs(steps) > 1;
      const to = active + steps;
      setActive(far ? Math.max(0, Math.min(count - 1, to)) : (to + count) % count);
    } else if (event.key === 'Enter' || (tabChooses && event.key === 'Tab' && !event.shiftKey)) {
      if (event.shiftKey) return false;
      onChoose(active);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  const activeId = count > 0 ? `${id}${active}` : undefined;
  return {
    combobox: {
      role: 'combobox',
      'aria-expanded': count > 0,
      'aria-autocomplete': 'list',
      'aria-controls': id,
      'aria-activedescendant': activeId,
      onKeyDown: press,
    },
    textbox: {
      'aria-autocomplete': 'list',
      'aria-controls': count > 0 ? id : undefined,
      'aria-activedescendant': activeId,
    },
    press,
    id,
    active,
    setActive,
    choose: onChoose,
  };
}

interface ListBoxProps<T> {
  list: List;
  label: string;
  items: readonly T[];
  keyOf(item: T): string;
  children(item: T, active: boolean): ReactNode;
}

export function ListBox<T>({ list, label, items, keyOf, children }: ListBoxProps<T>) {
  const box = useRef<HTMLDivElement>(null);
  const { active } = list;

  useEffect(() => {
    box.current?.children[active]?.scrollIntoView({ block: 'nearest' });
  }, [active]);

  return (
    // The focus stays in the field, which names the active one.
    <div ref={box} id={list.id} className="list-box" role="listbox" aria-label={label}>
      {items.map((item, index) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
        // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
        <div
          key={keyOf(item)}
          id={list.id + index}
          className="list-option"
          role="option"
          aria-selected={index === active}
          // Keeps the focus in the field.
          onPointerDown={(event) => event.preventDefault()}
          onPointerMove={() => index !== active && list.setActive(index)}
          onClick={() => list.choose(index)}
        >
          {children(item, index === active)}
        </div>
      ))}
    </div>
  );
}
