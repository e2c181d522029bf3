// What survives a reload: unsent messages, drafts and the list of rooms, kept for whoever the token is for. Until that is known,
// it is held here, and goes to the storage afterwards.
import type { Draft } from './contract.js';
import { createDrafts, type Drafts } from './drafts.js';
import { createKeptSends, type KeptSends } from './kept-sends.js';
import { type Cell, cell, type Readable } from './readable.js';
import { keptFor, type Storage } from './storage.js';
import type { Pending } from './timeline/timeline.js';
import type { RoomInfo, User } from './wire.js';

export interface KeptRoom {
  info: RoomInfo;
  partner: User | null;
}

export interface Keeper {
  /** Goes to the storage, and answers with what was kept there before. Never rejects. */
  adopt(storage: Storage, userId: string): Promise<{ sends: Map<string, Pending[]>; rooms: KeptRoom[] }>;
  draft(roomId: string): Readable<Draft>;
  setDraft(roomId: string, draft: Partial<Draft>): void;
  hasDraft(roomId: string): boolean;
  put(roomId: string, pending: Pending): void;
  remove(roomId: string, clientId: string): void;
  keepRooms(rooms: readonly KeptRoom[]): void;
}

const nothing: Draft = { text: '', replyTo: null };

/** `changed`: a room has a draft now, or has none any more. */
export function createKeeper(changed: (roomId: string) => void): Keeper {
  const drafts = new Map<string, Cell<Draft>>();
  const early: ((sends: KeptSends<Pending>) => Promise<void>)[] = [];
  let kept: { storage: Storage; userId: string; drafts: Drafts; sends: KeptSends<Pending> } | undefined;

  function draft(roomId: string): Cell<Draft> {
    let known = drafts.get(roomId);
    if (!known) {
      known = cell(nothing);
      drafts.set(roomId, known);
      if (kept) follow(roomId, known, kept.drafts);
    }
    return known;
  }

  function follow(roomId: string, mine: Cell<Draft>, from: Drafts) {
    const source = from.of(roomId);
    const take = () => show(roomId, mine, source.get());
    source.subscribe(take);
    take();
  }

  function show(roomId: string, mine: Cell<Draft>, next: Draft) {
    const had = isThere(mine.get());
    mine.set(next);
    if (had !== isThere(next)) changed(roomId);
  }

  function send(run: (sends: KeptSends<Pending>) => Promise<void>) {
    // What cannot be kept is still sent, as long as the page lives; the storage says so.
    if (kept) run(kept.sends).catch(() => undefined);
    else early.push(run);
  }

  return {
    async adopt(storage, userId) {
      const mine = {
        storage,
        userId,
        drafts: createDrafts(storage, userId),
        sends: createKeptSends<Pending>(storage, userId),
      };
      kept = mine;
      const loading = mine.sends.load();
      for (const run of early.splice(0)) send(run);
      for (const [roomId, { get }] of drafts) if (isThere(get())) mine.drafts.set(roomId, get());
      for (const [roomId, each] of drafts) follow(roomId, each, mine.drafts);
      const [sends, rooms] = await Promise.all([
        loading.catch(() => new Map<string, Pending[]>()),
        storage.get<KeptRoom[]>(roomsKey(userId)).catch(() => undefined),
        mine.drafts.load(),
      ]);
      for (const roomId of mine.drafts.rooms.get()) draft(roomId);
      return { sends, rooms: rooms ?? [] };
    },
    draft,
    setDraft(roomId, change) {
      if (kept) return kept.drafts.set(roomId, change);
      const mine = draft(roomId);
      show(roomId, mine, { ...mine.get(), ...change });
    },
    hasDraft: (roomId) => isThere(drafts.get(roomId)?.get() ?? nothing),
    put: (roomId, pending) => send((sends) => sends.put(roomId, pending)),
    remove: (roomId, clientId) => send((sends) => sends.remove(roomId, clientId)),
    keepRooms(rooms) {
      kept?.storage.set(roomsKey(kept.userId), rooms).catch(() => undefined);
    },
  };
}

function isThere({ text, replyTo }: Draft): boolean {
  return text.trim() !== '' || replyTo !== null;
}

function roomsKey(userId: string): string {
  return `${keptFor(userId)}rooms`;
}
