// A menu behind a button: arrow keys and first letters move, Enter chooses, Escape closes.
import { Fragment, type KeyboardEvent, type ReactNode } from 'react';
import { Popup, type PopupProps } from './Popup';
import './Menu.css';

export interface Choice {
  label: string;
  icon?: ReactNode;
  /** The keys that do the same, as `keysOf` writes them. */
  keys?: string;
  /** Ends something. */
  danger?: boolean;
  /** One of several of which one holds: whether it is this one. */
  checked?: boolean;
  run(): void;
}

interface MenuProps extends Omit<PopupProps, 'kind' | 'children' | 'keys'> {
  choices: readonly Choice[];
}

export function Menu({ choices, ...rest }: MenuProps) {
  return (
    <Popup {...rest} kind="menu">
      {(close) => <MenuItems choices={choices} close={close} />}
    </Popup>
  );
}

/** The items alone, for a panel that is opened in another way; it must have the role `menu`. */
export function MenuItems({ choices, close }: { choices: readonly Choice[]; close(): void }) {
  return choices.map(({ label, icon, keys, danger = false, checked, run }, index) => (
    <Fragment key={label}>
      {danger && index > 0 && !choices[index - 1]?.danger && <hr className="menu-line" />}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: only a radio item is checked */}
      <button
        className="menu-item"
        type="button"
        role={checked === undefined ? 'menuitem' : 'menuitemradio'}
        aria-checked={checked}
        tabIndex={-1}
        data-danger={danger}
        onKeyDown={move}
        onClick={() => {
          close();
          run();
        }}
      >
        {icon}
        <span className="menu-label">{label}</span>
        {keys && (
          <span className="menu-keys" aria-hidden="true">
            {keys}
          </span>
        )}
      </button>
    </Fragment>
  ));
}

function move(event: KeyboardEvent<HTMLElement>) {
  const items = [...(event.currentTarget.closest('[role="menu"]')?.querySelectorAll('button') ?? [])];
  const index = items.indexOf(event.currentTarget as HTMLButtonElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    return items.at(next % items.length)?.focus();
  }
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === ' ') return;
  const letter = event.key.toLowerCase();
  const after = [...items.slice(index + 1), ...items.slice(0, index + 1)];
  after.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
}
