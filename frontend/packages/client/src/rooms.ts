// The user's rooms: which they are, which of them are followed live, and the list that shows them.

import { KEEP_MS, MOST_RECENT, MOST_STRANGERS, ROOMS_PAGE } from './bounds.js';
import type { RoomSummary, Rooms, RoomsState } from './contract.js';
import { alike, derived, unlessAlike } from './derived.js';
import type { Life } from './life.js';
import { createLineUp } from './line-up.js';
import { whenLeft } from './page.js';
import type { Problem } from './problem.js';
import { createRoom, type LiveRoom, partnerIn } from './room.js';
import { createRounds, type Rounds } from './rounds.js';
import type { RoomInfo, User } from './wire.js';
import type { World } from './world.js';

/** A room as this device last saw it. */
export interface KeptRoom {
  info: RoomInfo;
  partner: User | null;
}

export interface RoomList {
  readonly rooms: Rooms;
  room(id: string): LiveRoom;
  known(id: string): LiveRoom | undefined;
  all(): Iterable<LiveRoom>;
  /** A room has changed in something that the list shows. */
  changed(): void;
  /** Nobody shows that room any more. */
  closed(roomId: string): void;
  /** What this device last saw, until the server answers. */
  recall(): Promise<void>;
  /** Begins the rounds of a new life. */
  start(life: Life): void;
  /** There is a connection: asks which rooms there are, and joins what is to be joined. */
  arrived(): void;
  cut(): void;
  /** Somebody's status has changed: it may be the other one of a direct room. */
  statusChanged(userId: string, status: User['status']): void;
  waiting(): number;
  /** Nobody is known any more. */
  rest(): void;
}

const inOrder = new Intl.Collator();

export function createRooms(world: World, live: number): RoomList {
  const { rest, shelf } = world;
  const rooms = new Map<string, LiveRoom>();
  const meetings = new Set<string>();
  let status: RoomsState['status'] = 'loading';
  let problem: Problem | null = null;
  let rounds: Rounds | undefined;
  /** What was kept last, all in one row. */
  let kept: readonly unknown[] = [];
  let keeping = false;
  /** The ids of those closed last, the last one at the end. */
  let recent: string[] = [];
  let batches = 0;
  let lineUp = createLineUp(null);

  const state = derived<RoomsState>((last) => {
    const list: RoomSummary[] = [];
    let unread = 0;
    let unreadMentions = 0;
    for (const { store } of rooms.values()) {
      const summary = store.summary();
      if (!summary) continue;
      list.push(summary);
      unread += summary.unread;
      unreadMentions += summary.unreadMentions;
    }
    return { status, problem, rooms: sorted(list, last?.rooms), unread, unreadMentions };
  });

  function room(id: string): LiveRoom {
    let known = rooms.get(id);
    if (!known) {
      known = createRoom(id, world);
      rooms.set(id, known);
    }
    return known;
  }

  function those(test: (room: LiveRoom) => boolean): LiveRoom[] {
    return [...rooms.values()].filter(test);
  }

  function isMine({ store }: LiveRoom): boolean {
    return store.state.get().info?.role !== undefined;
  }

  /** Somebody may still hold the handle of a room that is forgotten here, but its messages go. */
  function forgetStrangers() {
    const strangers = those(
      (each) => !isMine(each) && !each.joining.isWanted() && each.store.timeline().pending.length === 0,
    );
    for (const { store } of strangers.slice(0, -MOST_STRANGERS)) store.empty();
  }

  function changed() {
    if (batches > 0) return;
    state.touch();
    const life = world.life();
    if (keeping || !life) return;
    keeping = true;
    life.after(KEEP_MS, () => {
      keeping = false;
      keep();
    });
  }

  /** Many rooms change, and the list is told once. */
  function together(run: () => void) {
    batches += 1;
    try {
      run();
    } finally {
      batches -= 1;
      changed();
    }
  }

  const followed = () => those(({ joining }) => joining.isFollowed()).length;

  /** As long as there are not too many; how many there are then. */
  function follow({ joining }: LiveRoom, count: number): number {
    if (joining.isFollowed() || count >= live) return count;
    joining.follow(true);
    return count + 1;
  }

  function closed(id: string) {
    // A room of the user's that was just joined is in no list yet.
    const known = rooms.get(id);
    if (known && isMine(known)) follow(known, followed());
    recent = [...recent.filter((each) => each !== id), id];
    for (const old of recent.splice(0, recent.length - MOST_RECENT)) rooms.get(old)?.fade();
    forgetStrangers();
  }

  function take(infos: readonly RoomInfo[]) {
    let count = followed();
    for (const info of infos) {
      const each = room(info.id);
      each.store.informed(info);
      const standing = each.store.status();
      if (standing === 'lost' || standing === 'refused')
        each.store.patch({ status: 'closed', problem: null, loss: null });
      count = follow(each, count);
      meet(each);
    }
  }

  function set(next: RoomsState['status'], why: Problem | null) {
    status = next;
    problem = why;
    state.touch();
  }

  /** Not before it is known which they are: what was kept may be more. */
  function keep() {
    if (status === 'loading' || status === 'failed') return;
    const mine = those(isMine).map(({ store }) => store.state.get());
    const next = mine.flatMap(({ info, partner }) => [info, partner]);
    if (alike(kept, next)) return;
    kept = next;
    void shelf.put(
      'rooms',
      mine.map(({ info, partner }) => ({ info, partner })),
    );
  }

  /** A direct room is called after the other one: asked for one at a time, there may be many. */
  function meet(each: LiveRoom) {
    const { id } = each.store;
    if (!each.isStrange() || meetings.has(id)) return;
    meetings.add(id);
    lineUp.add(id, 'partner', async () => {
      try {
        const partner = await partnerIn(each, world);
        if (partner) each.store.patch({ partner });
      } catch {
        // Asked again with the next round.
      }
      meetings.delete(id);
    });
  }

  function join(each: LiveRoom) {
    const { joining, store } = each;
    if (store.status() === 'live') return;
    if (joining.isOpen()) return joining.join();
    lineUp.add(store.id, 'join', async () => {
      if (joining.isWanted() && store.status() !== 'live') await joining.join();
    });
  }

  function joinWanted() {
    const wanted = those(({ joining, store }) => {
      const standing = store.status();
      return joining.isWanted() && (standing === 'joining' || standing === 'closed');
    });
    for (const each of wanted) join(each);
  }

  /** An earlier page left messages for rooms that are not the user's any more: joining would make them a member again. */
  function refuseForeign() {
    for (const each of rooms.values()) {
      const closed = each.store.status() === 'closed' && !each.joining.isOpen();
      if (closed && !isMine(each)) each.sends.refuseAll();
    }
  }

  const asked = async (answer: Promise<RoomInfo>): Promise<RoomInfo> => {
    const info = await answer;
    take([info]);
    joinWanted();
    return info;
  };

  return {
    rooms: {
      get: state.get,
      first: state.first,
      subscribe: state.subscribe,
      refresh: () => void rounds?.now(),
      directory: (q, cursor) =>
        rest.ask('/rooms', { query: { scope: 'public', limit: ROOMS_PAGE, q: q || undefined, cursor } }),
      create: (body) => asked(rest.ask('/rooms', { method: 'POST', body })),
      direct: (userId) => asked(rest.ask('/direct', { method: 'POST', body: { userId } })),
    },
    room,
    known: (id) => rooms.get(id),
    all: () => rooms.values(),
    changed,
    closed,
    async recall() {
      const seen = (await shelf.get<KeptRoom[]>('rooms')) ?? [];
      if (status !== 'loading' || seen.length === 0) return;
      together(() => {
        for (const { info, partner } of seen) {
          const { store } = room(info.id);
          store.informed(info);
          if (partner) store.patch({ partner });
        }
      });
      set('kept', null);
    },
    start(life) {
      lineUp = createLineUp(life);
      whenLeft(life, keep);
      keeping = false;
      rounds = createRounds(life, {
        online: () => world.connection.sid() !== undefined,
        ask: rest.ask,
        held: () => new Map([...rooms].map(([id, each]) => [id, isMine(each)])),
        listed(infos) {
          together(() => {
            take(infos);
            refuseForeign();
          });
          set('ready', null);
          joinWanted();
        },
        absent: (id) => rooms.get(id)?.lost('notAllowed'),
        failed: (why) => set(status === 'loading' ? 'failed' : status, why),
      });
    },
    arrived() {
      // One was a member of the others: whether one still is, the list says. Joining would make one a member again.
      for (const { joining, store } of those((each) => each.joining.isOpen())) {
        if (!joining.wasLive() && store.status() === 'joining') joining.join();
      }
      void rounds?.now().then(joinWanted);
    },
    cut() {
      lineUp.clear();
      meetings.clear();
      together(() => {
        for (const each of rooms.values()) each.cut();
      });
    },
    statusChanged(userId, next) {
      for (const { store } of rooms.values()) {
        const { partner } = store.state.get();
        if (partner?.id === userId && partner.status !== next)
          store.patch({ partner: { ...partner, status: next } });
        store.movePeople({ type: 'status', userId, status: next });
      }
    },
    waiting() {
      let count = 0;
      for (const { store } of rooms.values()) count += store.waiting();
      return count;
    },
    rest() {
      for (const each of rooms.values()) each.rest();
      rounds = undefined;
    },
  };
}

/** The same list where nothing has changed, and no sorting where no title has. */
function sorted(list: RoomSummary[], last: readonly RoomSummary[] = []): readonly RoomSummary[] {
  const now = new Map(list.map((each) => [each.id, each]));
  if (list.length === last.length && last.every(({ id, title }) => now.get(id)?.title === title)) {
    const next = last.map((each) => now.get(each.id) ?? each);
    return unlessAlike(last, next);
  }
  return list.sort(byTitle);
}

function byTitle(a: RoomSummary, b: RoomSummary): number {
  return inOrder.compare(a.title, b.title) || (a.id < b.id ? -1 : 1);
}
