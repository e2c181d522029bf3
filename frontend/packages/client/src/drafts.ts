// What is being written in each room, kept at every keystroke.
import type { Draft } from './contract.js';
import { type Cell, cell, type Readable } from './readable.js';
import { keptFor, type Storage } from './storage.js';

export interface Drafts {
  /** Takes in what was kept; a room in which something was written meanwhile keeps that. Never rejects. */
  load(): Promise<void>;
  of(roomId: string): Readable<Draft>;
  set(roomId: string, change: Partial<Draft>): void;
  /** The rooms that have one. */
  readonly rooms: Readable<ReadonlySet<string>>;
}

const EMPTY: Draft = { text: '', replyTo: null };

export function createDrafts(storage: Storage, userId: string): Drafts {
  const prefix = `${keptFor(userId)}draft/`;
  const drafts = new Map<string, Cell<Draft>>();
  const rooms = cell<ReadonlySet<string>>(new Set());
  const touched = new Set<string>();

  function draftOf(roomId: string): Cell<Draft> {
    let draft = drafts.get(roomId);
    if (!draft) {
      draft = cell(EMPTY);
      drafts.set(roomId, draft);
    }
    return draft;
  }

  function show(roomId: string, draft: Draft) {
    const there = !isEmpty(draft);
    if (there !== rooms.get().has(roomId)) {
      const next = new Set(rooms.get());
      if (there) next.add(roomId);
      else next.delete(roomId);
      rooms.set(next);
    }
    draftOf(roomId).set(draft);
  }

  return {
    rooms,
    of: draftOf,
    async load() {
      const kept = await storage.list<Draft>(prefix).catch(() => []);
      for (const [key, draft] of kept) {
        const roomId = key.slice(prefix.length);
        if (!touched.has(roomId)) show(roomId, draft);
      }
    },
    set(roomId, change) {
      const before = draftOf(roomId).get();
      const next: Draft = { ...before, ...change };
      if (next.text === before.text && next.replyTo === before.replyTo) return;
      touched.add(roomId);
      const key = prefix + roomId;
      const kept = isEmpty(next) ? storage.delete(key) : storage.set(key, next);
      kept.catch(() => undefined);
      show(roomId, next);
    },
  };
}

/** Nobody comes back for blanks. */
function isEmpty({ text, replyTo }: Draft): boolean {
  return text.trim() === '' && replyTo === null;
}
