// One room: what it is read by, its verbs, and what it makes of each event. Its parts lie beside it.

import { FIRST_SIGHT, KEPT_RECENT, KEPT_UNSEEN, MEMBERS_PAGE, ROOM_PAGE, SLACK } from './bounds.js';
import type { Room } from './contract.js';
import { createDeeds } from './deeds.js';
import { Problem, UNREACHABLE } from './problem.js';
import { createJoining, type Joining } from './room-joining.js';
import { createPaging } from './room-paging.js';
import { createSends, type Sends } from './room-sends.js';
import { createRoomStore, type RoomStore } from './room-store.js';
import type { Loss } from './room-wire.js';
import { held, lastSeq, olderState, type TimelineEvent } from './timeline/timeline.js';
import { typingSignal } from './typing-signal.js';
import type { MembersPage, RoomInfo, User } from './wire.js';
import type { World } from './world.js';

/** A room with what the client does to it. */
export interface LiveRoom {
  readonly room: Room;
  readonly store: RoomStore;
  readonly joining: Joining;
  readonly sends: Sends;
  move(event: TimelineEvent): void;
  lost(loss: Loss): void;
  readUpTo(seq: number): void;
  cut(): void;
  /** Sends the claps that are gathered: the page may go away. */
  flush(): void;
  /** Ends its timers. */
  rest(): void;
  /** Others were shown since: it keeps no more than what a first sight needs. */
  fade(): void;
  /** The direct room's other one is not known. */
  isStrange(): boolean;
}

export function createRoom(id: string, world: World): LiveRoom {
  const { rest, connection, drafts, reading } = world;

  const path = pathOf(id);
  const memberPath = (userId: string) => `${path}/members/${encodeURIComponent(userId)}`;

  const store = createRoomStore(id, {
    me: world.me,
    hasDraft: drafts.has,
    moved: (before, after) => sends.moved(before, after),
    changed: world.changed,
  });
  const sends = createSends(store, world);
  const { windowLost, ...pagingVerbs } = createPaging(store, rest);
  const joining = createJoining(store, world, {
    joined({ room, online }) {
      const mySelf = online.find((user) => user.id === world.me()?.id);
      if (mySelf) world.seenAs(mySelf);
      const { lastReadSeq } = store.unread.get();
      if (lastReadSeq !== null && (room.lastReadSeq ?? 0) < lastReadSeq) reading.seen(id, lastReadSeq);
      fill();
      again();
      world.pump(id);
    },
    closed() {
      signal.stop();
      trim(0);
      world.closed(id);
    },
    refused: () => sends.refuseAll(),
  });
  const {
    flush,
    again,
    rest: restDeeds,
    ...deedVerbs
  } = createDeeds({
    ask: connection.ask,
    message: (messageId) => held(store.timeline(), messageId),
    acts: store.acts,
    setActs: store.setActs,
  });
  const signal = typingSignal((event) => {
    if (store.status() === 'live') connection.tell(event, { roomId: id });
  });

  let kept = KEPT_UNSEEN;

  function move(event: TimelineEvent) {
    const { window, gap } = store.timeline();
    store.move(event);
    const now = store.timeline();
    if (event.type === 'history' && event.history.mode !== 'delta' && window && !now.window)
      windowLost(window);
    if (now.gap && !gap) joining.join();
    if (joining.isOpen()) fill();
    else trim(SLACK);
  }

  function trim(slack: number) {
    if (store.timeline().tail.messages.length > kept + slack) store.move({ type: 'trimmed', keep: kept });
  }

  function fill() {
    const { tail, window, rev } = store.timeline();
    if (!joining.isOpen() || window || rev === null || tail.messages.length >= FIRST_SIGHT) return;
    if (tail.hasOlder && olderState(store.timeline()) === 'idle') pagingVerbs.loadOlder();
  }

  function markRead(seq?: number) {
    const { info } = store.state.get();
    const end = Math.max(lastSeq(store.timeline()), info?.lastSeq ?? 0);
    const place = Math.min(seq ?? end, end);
    const { lastReadSeq } = store.unread.get();
    if (place === 0 || (lastReadSeq !== null && place <= lastReadSeq)) return;
    store.readUpTo(place);
    if (info?.role) reading.seen(id, place);
  }

  function lost(loss: Loss) {
    signal.stop();
    reading.forget(id);
    joining.lost(loss);
    sends.refuseAll();
  }

  async function changed(wish: Parameters<Room['update']>[0]): Promise<RoomInfo> {
    const info = await rest.ask<RoomInfo>(path, { method: 'PATCH', body: wish });
    store.informed(info);
    return info;
  }

  async function removeMember(userId: string): Promise<void> {
    await rest.ask(memberPath(userId), { method: 'DELETE' });
  }

  const room: Room = {
    id,
    state: store.state,
    messages: store.messages,
    typing: store.typing,
    presence: store.presence,
    unread: store.unread,
    draft: drafts.of(id),
    open() {
      kept = KEPT_RECENT;
      const close = joining.open();
      fill();
      return close;
    },
    retryOpen: joining.retry,
    async leave() {
      const me = world.me();
      // Who leaves is known at the first connect at the latest.
      if (!me) throw new Problem(UNREACHABLE);
      await removeMember(me.id).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
      });
      lost('left');
    },
    send(content, { replyTo } = {}) {
      signal.stop();
      const sent = sends.send(content, replyTo);
      markRead();
      joining.reconsider();
      return sent;
    },
    retry(key) {
      sends.retry(key);
      joining.reconsider();
    },
    discard(key) {
      const content = sends.discard(key);
      joining.reconsider();
      return content;
    },
    ...deedVerbs,
    ...pagingVerbs,
    markRead,
    typed: signal.changed,
    setDraft: (draft) => drafts.set(id, draft),
    members: (cursor) => membersOf(id, world, cursor),
    async addMember(userId, role) {
      await rest.ask(`${path}/members`, { method: 'POST', body: { userId, role } });
    },
    async setRole(userId, role) {
      await rest.ask(memberPath(userId), { method: 'PATCH', body: { role } });
    },
    removeMember,
    update: changed,
    async destroy() {
      await rest.ask(path, { method: 'DELETE' });
      lost('deleted');
    },
    moderation: (before) => rest.ask(`${path}/moderation`, { query: { before, limit: ROOM_PAGE } }),
  };

  return {
    room,
    store,
    joining,
    sends,
    move,
    lost,
    readUpTo: store.readUpTo,
    cut: joining.cut,
    flush,
    rest() {
      signal.stop();
      restDeeds();
    },
    fade() {
      if (joining.isOpen()) return;
      kept = KEPT_UNSEEN;
      store.move({ type: 'toEnd' });
      trim(0);
    },
    isStrange() {
      const { info, partner } = store.state.get();
      return info?.visibility === 'direct' && partner === null;
    },
  };
}

/** Whose direct room it is besides the user: found among its members. */
export async function partnerIn(room: LiveRoom, world: World): Promise<User | null> {
  const { members } = await membersOf(room.store.id, world);
  return members.find(({ user }) => user.id !== world.me()?.id)?.user ?? null;
}

function membersOf(id: string, { rest }: World, cursor?: string): Promise<MembersPage> {
  return rest.ask(`${pathOf(id)}/members`, { query: { limit: MEMBERS_PAGE, cursor } });
}

function pathOf(id: string): string {
  return `/rooms/${encodeURIComponent(id)}`;
}
