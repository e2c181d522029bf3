// Several panels of which one is shown: arrow keys move between their names.
import { type KeyboardEvent, type ReactNode, useId } from 'react';
import './Tabs.css';

export interface Tab<T extends string> {
  value: T;
  label: string;
  /** Beside the name: a count. */
  badge?: ReactNode;
}

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly Tab<T>[];
  value: T;
  onChoose(value: T): void;
  /** The panel of the chosen one. */
  children: ReactNode;
}

export function Tabs<T extends string>({ label, tabs, value, onChoose, children }: TabsProps<T>) {
  const id = useId();

  function move(event: KeyboardEvent<HTMLButtonElement>) {
    const index = tabs.findIndex((tab) => tab.value === value);
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
    const tab = next === undefined ? undefined : tabs.at(next % tabs.length);
    if (!tab) return;
    event.preventDefault();
    onChoose(tab.value);
    document.getElementById(`${id}${tab.value}`)?.focus();
  }

  return (
    <div className="tabs">
      <div className="tab-list" role="tablist" aria-label={label}>
        {tabs.map((tab) => (
          <button
            key={tab.value}
            id={id + tab.value}
            className="tab"
            type="button"
            role="tab"
            aria-selected={tab.value === value}
            aria-controls={`${id}panel`}
            tabIndex={tab.value === value ? 0 : -1}
            onKeyDown={move}
            onClick={() => onChoose(tab.value)}
          >
            {tab.label}
            {tab.badge}
          </button>
        ))}
      </div>
      <div id={`${id}panel`} className="tab-panel" role="tabpanel" tabIndex={-1} aria-labelledby={id + value}>
        {children}
      </div>
    </div>
  );
}
