// When a room is joined and when it is left: joined while somebody shows it, follows it or has something to send in it, and left a
// moment after. What it had is caught up with by `since`.
import { backOff, isPassing } from './back-off.js';
import { FOLLOWED_PAGE, LINGER_MS, ROOM_JOINING_AGAIN_MS, ROOM_JOINING_LONGEST_AGAIN_MS } from './bounds.js';
import { Problem } from './problem.js';
import type { RoomStore } from './room-store.js';
import type { Loss } from './room-wire.js';
import type { JoinAnswer, WireError } from './wire.js';
import type { World } from './world.js';

export interface Joining {
  /** Somebody shows it; the returned function is called when they do not any more. */
  open(): () => void;
  isOpen(): boolean;
  /** Whether it is joined without being shown. */
  follow(on: boolean): void;
  isFollowed(): boolean;
  /** Joins now, or again where something was missed; nothing while there is no connection. */
  join(): void;
  /** Whether there is a reason to be joined. */
  isWanted(): boolean;
  /** Whether the user was seen to be a member: such a room is not joined again before it is known that they still are. */
  wasLive(): boolean;
  /** A reason to be joined has come or gone. */
  reconsider(): void;
  retry(): void;
  lost(loss: Loss): void;
  /** The connection is gone, and every join with it. */
  cut(): void;
}

export interface JoiningScene {
  /** The join is through; what the client did meanwhile can be told. */
  joined(answer: JoinAnswer): void;
  /** Nobody has shown it for a moment. */
  closed(): void;
  /** It cannot be joined, or not any more. */
  refused(): void;
}

export function createJoining(store: RoomStore, world: World, scene: JoiningScene): Joining {
  const roomId = store.id;
  let openings = 0;
  let lingers = false;
  let followed = false;
  let wasLive = false;
  let tries = 0;
  /** The connection over which a join is on its way. */
  let asked: string | undefined;
  let stopLingering: (() => void) | undefined;

  const isWanted = () => openings > 0 || lingers || followed || store.waiting() > 0;
  const { status } = store;

  async function join(): Promise<void> {
    const sid = world.connection.sid();
    if (!sid || asked === sid) return;
    asked = sid;
    if (status() !== 'live') store.patch({ status: 'joining', problem: null, loss: null });
    const { rev } = store.timeline();
    const limit = openings > 0 ? {} : { limit: FOLLOWED_PAGE };
    const place = rev === null ? limit : { since: rev };
    const ack = await world.connection.ask<JoinAnswer>('join:room', { roomId, ...place });
    // Cut, left or lost meanwhile: another turn has taken over.
    if (asked !== sid || world.connection.sid() !== sid) return;
    asked = undefined;
    if (!ack.ok) return refuse(ack.error);
    tries = 0;
    wasLive = true;
    store.movePeople({ type: 'joined', answer: ack });
    store.informed(ack.room);
    store.patch({ status: 'live', problem: null, loss: null });
    scene.joined(ack);
    if (store.timeline().gap) void join();
    else reconsider();
  }

  function refuse(error: WireError) {
    const problem = new Problem(error);
    if (isPassing(error)) {
      store.patch({ problem });
      tries += 1;
      const ms = error.retryAfterMs ?? backOff(tries, ROOM_JOINING_AGAIN_MS, ROOM_JOINING_LONGEST_AGAIN_MS);
      world.life()?.after(ms, () => {
        const now = status();
        if (isWanted() && (now === 'joining' || (now === 'live' && store.timeline().gap))) void join();
      });
      return;
    }
    wasLive = false;
    store.patch({ status: 'refused', problem });
    scene.refused();
  }

  function reconsider() {
    const now = status();
    if (isWanted()) {
      if (now === 'closed') {
        store.patch({ status: 'joining' });
        void join();
      }
      return;
    }
    if (now === 'joining' && asked !== undefined) return;
    if (now !== 'live' && now !== 'joining') return;
    world.connection.tell('leave:room', { roomId });
    store.movePeople({ type: 'cut' });
    store.patch({ status: 'closed' });
  }

  function close() {
    openings -= 1;
    if (openings > 0) return;
    const life = world.life();
    stopLingering?.();
    lingers = true;
    if (life) stopLingering = life.after(LINGER_MS, leave);
    else leave();
  }

  function leave() {
    if (!lingers) return;
    stopLingering?.();
    lingers = false;
    scene.closed();
    reconsider();
  }

  return {
    open() {
      openings += 1;
      stopLingering?.();
      lingers = false;
      const now = status();
      if (openings === 1 && (now === 'refused' || now === 'lost')) {
        store.patch({ status: 'closed', problem: null, loss: null });
      }
      reconsider();
      let open = true;
      return () => {
        if (open) close();
        open = false;
      };
    },
    isOpen: () => openings > 0,
    follow(on) {
      if (followed === on) return;
      followed = on;
      if (!on) reconsider();
    },
    isFollowed: () => followed,
    join() {
      if (status() === 'closed') store.patch({ status: 'joining' });
      void join();
    },
    isWanted,
    wasLive: () => wasLive,
    reconsider,
    retry() {
      const now = status();
      if (now !== 'refused' && now !== 'lost') return;
      store.patch({ status: 'joining', problem: null, loss: null });
      void join();
    },
    lost(loss) {
      asked = undefined;
      followed = false;
      wasLive = false;
      store.patch({ status: openings > 0 || lingers ? 'lost' : 'closed', problem: null, loss });
      store.dismissed();
    },
    cut() {
      asked = undefined;
      leave();
      store.movePeople({ type: 'cut' });
      const now = status();
      if (now === 'live' || now === 'joining') store.patch({ status: isWanted() ? 'joining' : 'closed' });
    },
  };
}
