// A menu behind a button: arrow keys move, Enter chooses, Escape closes.
import { Fragment, type KeyboardEvent, type ReactNode } from 'react';
import { Popup } from './Popup';

export interface Choice {
  label: string;
  /** Ends something. */
  danger?: boolean;
  run(): void;
}

interface MenuProps {
  label: string;
  face: ReactNode;
  className?: string;
  choices: readonly Choice[];
}

export function Menu({ label, face, className, choices }: MenuProps) {
  return (
    <Popup label={label} face={face} kind="menu" {...(className ? { className } : {})}>
      {(close) =>
        choices.map(({ label: name, danger = false, run }, index) => (
          <Fragment key={name}>
            {danger && index > 0 && !choices[index - 1]?.danger && <hr className="menu-line" />}
            <button
              className="menu-item"
              type="button"
              role="menuitem"
              tabIndex={-1}
              data-danger={danger}
              onKeyDown={move}
              onClick={() => {
                close();
                run();
              }}
            >
              {name}
            </button>
          </Fragment>
        ))
      }
    </Popup>
  );
}

function move(event: KeyboardEvent<HTMLElement>) {
  const items = [...(event.currentTarget.closest('[role="menu"]')?.querySelectorAll('button') ?? [])];
  const index = items.indexOf(event.currentTarget as HTMLButtonElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: -1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length)?.focus();
}
