// Work that may be much at once, done one after the other with a pause between: many rooms to join are no storm for the server.
import { jittered } from './back-off.js';
import { LINE_UP_PAUSE_MS } from './bounds.js';
import type { Life } from './life.js';

export interface LineUp {
  /** Nothing where the same is in line already. */
  add(id: string, kind: string, work: () => Promise<void>): void;
  clear(): void;
}

export function createLineUp(life: Life | null): LineUp {
  const line = new Map<string, () => Promise<void>>();
  let working = false;

  async function go() {
    const [first] = line;
    if (!first || !life || life.over) {
      working = false;
      return;
    }
    const [key, work] = first;
    line.delete(key);
    try {
      await work();
    } finally {
      life.after(jittered(LINE_UP_PAUSE_MS), () => void go());
    }
  }

  return {
    add(id, kind, work) {
      if (!life) return;
      line.set(`${kind} ${id}`, work);
      if (working) return;
      working = true;
      void go();
    },
    clear: () => line.clear(),
  };
}
