// The switch of this device: whether it calls somebody who is elsewhere.
import { useId, useState, useSyncExternalStore } from 'react';
import { type DesktopState, desktopState, onDesktopState, turnOff, turnOn } from './desktop';

const WORDS: Record<DesktopState, string> = {
  on: 'This device calls you while you are elsewhere.',
  off: 'Off on this device.',
  refused:
    'This browser has been told to show none of this page. Its settings for this site can change that.',
  unsupported: 'This browser has none for this page.',
};

export function DesktopSwitch() {
  const state = useSyncExternalStore(onDesktopState, desktopState, () => 'off' as const);
  const [asking, setAsking] = useState(false);
  const id = useId();
  const possible = state === 'on' || state === 'off';

  function toggle() {
    if (state === 'on') return turnOff();
    if (state !== 'off' || asking) return;
    setAsking(true);
    turnOn().finally(() => setAsking(false));
  }

  return (
    <footer className="desktop-switch">
      <div>
        <p id={id}>Desktop notifications</p>
        <p id={`${id}about`} className="soft small" role="status">
          {asking ? 'The browser asks you now.' : WORDS[state]}
        </p>
      </div>
      {possible && (
        <button
          className="switch"
          type="button"
          role="switch"
          aria-checked={state === 'on'}
          aria-labelledby={id}
          aria-describedby={`${id}about`}
          onClick={toggle}
        />
      )}
    </footer>
  );
}
