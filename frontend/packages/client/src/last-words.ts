// What is on its way to IndexedDB when the page goes: said to localStorage, which takes it before the page is gone.

type Entry = [key: string, value: unknown];

export interface LastWords {
  /** What pages before this one had left to say. Nobody else gets it. */
  taken: Entry[];
  /** From now on there is something that must not be lost. */
  listen(): void;
  /** All is kept; nothing has to be said. */
  unneeded(): void;
}

export function lastWords(name: string, unwritten: () => Entry[]): LastWords {
  const prefix = `${name}.late.`;
  const mine = prefix + Math.random().toString(36).slice(2);
  let listening = false;
  let said = false;

  function say() {
    if (document.visibilityState === 'visible') return;
    speak();
  }

  function speak() {
    const entries = unwritten();
    if (entries.length === 0) return;
    try {
      // JSON has no `undefined`: an entry without a value is a deletion.
      localStorage.setItem(
        mine,
        JSON.stringify(entries.map((each) => each.filter((part) => part !== undefined))),
      );
      said = true;
    } catch {
      // Full or refused as well: there is no third place.
    }
  }

  return {
    taken: take(prefix),
    listen() {
      if (listening || typeof document === 'undefined') return;
      listening = true;
      addEventListener('pagehide', speak);
      document.addEventListener('visibilitychange', say);
    },
    unneeded() {
      if (!listening) return;
      listening = false;
      removeEventListener('pagehide', speak);
      document.removeEventListener('visibilitychange', say);
      if (said) drop(mine);
      said = false;
    },
  };
}

function take(prefix: string): Entry[] {
  try {
    const keys = Array.from({ length: localStorage.length }, (_, index) => localStorage.key(index) ?? '');
    return keys
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

function drop(key: string) {
  try {
    localStorage.removeItem(key);
  } catch {
    // It could be said, so it can be taken back; and if not, saying it twice does no harm.
  }
}
