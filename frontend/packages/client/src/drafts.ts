// What is being written in each room, kept at every keystroke.
import type { Draft } from './contract.js';
import { alike } from './derived.js';
import { type Cell, cell, type Readable } from './readable.js';
import type { Shelf } from './shelf.js';

export interface Drafts {
  /** Takes in what was kept; a room in which something was written meanwhile keeps that. Never rejects. */
  load(): Promise<void>;
  of(roomId: string): Readable<Draft>;
  set(roomId: string, change: Partial<Draft>): void;
  has(roomId: string): boolean;
}

const EMPTY: Draft = { text: '', replyTo: null };
const PREFIX = 'draft/';

/** `changed`: a room has a draft now, or has none any more. */
export function createDrafts(shelf: Shelf, changed: (roomId: string) => void): Drafts {
  const drafts = new Map<string, Cell<Draft>>();
  const touched = new Set<string>();

  function draftOf(roomId: string): Cell<Draft> {
    const draft = drafts.get(roomId) ?? cell(EMPTY);
    drafts.set(roomId, draft);
    return draft;
  }

  function show(roomId: string, next: Draft) {
    const had = has(roomId);
    draftOf(roomId).set(next);
    if (had !== has(roomId)) changed(roomId);
  }

  /** Nobody comes back for blanks. */
  function has(roomId: string): boolean {
    const { text, replyTo } = drafts.get(roomId)?.get() ?? EMPTY;
    return text.trim() !== '' || replyTo !== null;
  }

  return {
    async load() {
      for (const [key, draft] of await shelf.list<Draft>(PREFIX)) {
        const roomId = key.slice(PREFIX.length);
        if (!touched.has(roomId)) show(roomId, draft);
      }
    },
    of: draftOf,
    set(roomId, change) {
      const before = draftOf(roomId).get();
      const next: Draft = { ...before, ...change };
      if (alike(before, next)) return;
      touched.add(roomId);
      show(roomId, next);
      void shelf.put(PREFIX + roomId, has(roomId) ? next : undefined);
    },
    has,
  };
}
