// What is on its way to IndexedDB when the page goes: said to localStorage, which takes it before the page is gone.
import { put } from './local.js';

type Entry = [key: string, value: unknown];

export interface LastWords {
  /** What pages before this one had left to say. Nobody else gets it. */
  taken: Entry[];
  /** There is something more that must not be lost. */
  more(): void;
  /** All is kept; nothing has to be said. */
  unneeded(): void;
}

/** Listens for as long as the page lives. */
export function lastWords(name: string, unwritten: () => Entry[]): LastWords {
  const prefix = `${name}.late.`;
  const mine = prefix + Math.random().toString(36).slice(2);
  let going = false;
  let said = false;

  function speak() {
    const entries = unwritten();
    if (entries.length === 0) return;
    // JSON has no `undefined`: an entry without a value is a deletion.
    const plain = entries.map((entry) => entry.filter((part) => part !== undefined));
    // Where that is full or refused as well, there is no third place.
    if (put(mine, JSON.stringify(plain))) said = true;
  }

  function leave() {
    going = true;
    speak();
  }

  // A page that is hidden may end without another word, and one that was left may come back.
  globalThis.addEventListener?.('pagehide', leave);
  globalThis.addEventListener?.('pageshow', () => {
    going = false;
  });
  globalThis.document?.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') speak();
  });

  return {
    taken: take(prefix),
    more() {
      if (going) speak();
    },
    unneeded() {
      if (said) put(mine, null);
      said = false;
    },
  };
}

function take(prefix: string): Entry[] {
  try {
    return Object.keys(localStorage)
      .filter((key) => key.startsWith(prefix))
      .flatMap((key) => {
        const entries = JSON.parse(localStorage.getItem(key) ?? '[]') as [string, unknown?][];
        localStorage.removeItem(key);
        return entries.map(([name, value]): Entry => [name, value]);
      });
  } catch {
    return [];
  }
}
