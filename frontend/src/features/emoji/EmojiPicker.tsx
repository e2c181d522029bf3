// The picker of all emoji: keeps its place while it comes, and says so when it cannot.
import type { EmojiData } from 'frimousse';
import { type ComponentType, type KeyboardEvent, useCallback, useEffect, useState } from 'react';
import { pickerData } from './data';
import { remember } from './remembered';
import './emoji.css';

type Loaded =
  | { status: 'loading' | 'failed' }
  | {
      status: 'ready';
      Picker: ComponentType<{ data: EmojiData; onPick(emoji: string): void }>;
      data: EmojiData;
    };

interface EmojiPickerProps {
  onPick(emoji: string): void;
  /** Escape, where nothing around it closes it. */
  onClose(): void;
}

export function EmojiPicker({ onPick, onClose }: EmojiPickerProps) {
  const [loaded, setLoaded] = useState<Loaded>({ status: 'loading' });

  const load = useCallback(() => {
    let wanted = true;
    setLoaded({ status: 'loading' });
    Promise.all([import('./FullPicker'), pickerData()]).then(
      ([{ default: Picker }, data]) => wanted && setLoaded({ status: 'ready', Picker, data }),
      () => wanted && setLoaded({ status: 'failed' }),
    );
    return () => {
      wanted = false;
    };
  }, []);
  useEffect(load, [load]);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') onClose();
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it hears of the keys of what is in it
    <div className="emoji-place" onKeyDown={onKeyDown}>
      {loaded.status === 'ready' && (
        <loaded.Picker
          data={loaded.data}
          onPick={(emoji) => {
            remember(emoji);
            onPick(emoji);
          }}
        />
      )}
      {loaded.status === 'loading' && (
        <p className="emoji-note" role="status">
          Loading emoji…
        </p>
      )}
      {loaded.status === 'failed' && (
        <div className="emoji-note" role="alert">
          <p>The emoji cannot be loaded right now.</p>
          <button className="button" type="button" onClick={load}>
            Try again
          </button>
        </div>
      )}
    </div>
  );
}
