// What is known of one room, and the values that it is read by. It asks nobody for anything.
import type { MessagesState, PresenceState, RoomState, RoomSummary, UnreadState } from './contract.js';
import { derived, unlessAlike } from './derived.js';
import { nobody, type PeopleEvent, peopleReducer } from './people.js';
import { type Cell, cell, type Readable } from './readable.js';
import { retold, titleOf, unreadOf, withoutStanding } from './standing.js';
import { type Acts, noActs, settledIn } from './timeline/acts.js';
import {
  type Author,
  emptyTimeline,
  type Timeline,
  type TimelineEvent,
  timelineReducer,
} from './timeline/timeline.js';
import { createShown } from './timeline/view.js';
import type { ReadAnswer, RoomInfo, Typist, User } from './wire.js';

export interface RoomStore {
  readonly id: string;
  readonly state: Cell<RoomState>;
  readonly messages: Readable<MessagesState>;
  readonly typing: Readable<readonly Typist[]>;
  readonly presence: Readable<PresenceState>;
  readonly unread: Readable<UnreadState>;
  status(): RoomState['status'];
  timeline(): Timeline;
  acts(): Acts;
  setActs(acts: Acts): void;
  move(event: TimelineEvent): void;
  movePeople(event: PeopleEvent): void;
  patch(state: Partial<RoomState>): void;
  /** Takes in what somebody says of the room. */
  informed(info: RoomInfo): void;
  readUpTo(seq: number): void;
  /** What the server says of the user's reading. */
  told(answer: ReadAnswer): void;
  /** The user is no member any more. */
  dismissed(): void;
  /** Drops all messages but those that wait: nobody has looked for long. */
  empty(): void;
  /** Something else that the summary is made from has changed: a draft. */
  touch(): void;
  /** `null` where it is no room of the user's. */
  summary(): RoomSummary | null;
  waiting(): number;
}

export interface RoomStoreScene {
  me(): User | null;
  hasDraft(roomId: string): boolean;
  /** After each event that the timeline took. */
  moved(before: Timeline, after: Timeline): void;
  /** Something that a list of rooms shows may have changed. */
  changed(): void;
}

/** Nobody yet: who the token is for comes with the token. */
const UNKNOWN: Author = { id: '', username: '' };

export function createRoomStore(id: string, { me, hasDraft, moved, changed }: RoomStoreScene): RoomStore {
  const myself = () => me() ?? UNKNOWN;
  const shown = createShown();
  const state = cell<RoomState>({ status: 'closed', problem: null, loss: null, info: null, partner: null });
  let timeline = emptyTimeline(myself(), id);
  let acts: Acts = noActs;
  let people = nobody;
  let readSeq: number | null = null;

  const messages = derived<MessagesState>(() => {
    const { status, problem } = state.get();
    const parts = shown(timeline, acts);
    if (timeline.rev !== null) return { ...parts, status: 'ready', problem: null };
    const loading = status === 'joining' || status === 'live';
    return { ...parts, status: loading ? 'loading' : problem ? 'failed' : 'idle', problem };
  });
  const typing = derived<readonly Typist[]>(() =>
    people.typing.filter(({ userId }) => userId !== myself().id),
  );
  const presence = derived<PresenceState>(() => ({ online: people.online, count: people.count }));
  const unread = derived<UnreadState>(() => unreadOf(state.get().info, readSeq, timeline));
  let summary: RoomSummary | null = null;
  let stale = true;

  function touch() {
    stale = true;
    changed();
  }

  function patch(next: Partial<RoomState>) {
    const now = unlessAlike(state.get(), { ...state.get(), ...next });
    if (now === state.get()) return;
    state.set(now);
    messages.touch();
    unread.touch();
    touch();
  }

  const store: RoomStore = {
    id,
    state,
    messages,
    typing,
    presence,
    unread,
    status: () => state.get().status,
    timeline: () => timeline,
    acts: () => acts,
    setActs(next) {
      acts = settledIn(next, timeline);
      messages.touch();
    },
    move(event) {
      const before = timeline.me === myself() ? timeline : { ...timeline, me: myself() };
      const after = timelineReducer(before, event);
      if (after === timeline) return;
      timeline = after;
      acts = settledIn(acts, after);
      // Kept before anybody is told: who is told may write the next one.
      moved(before, after);
      messages.touch();
      unread.touch();
      touch();
    },
    movePeople(event) {
      const next = peopleReducer(people, event);
      if (next === people) return;
      people = next;
      typing.touch();
      presence.touch();
    },
    patch,
    informed(told) {
      const info = retold(state.get().info, told);
      if (told.lastReadSeq !== undefined) readSeq = Math.max(readSeq ?? 0, told.lastReadSeq);
      patch({ info });
      unread.touch();
    },
    readUpTo(seq) {
      if (readSeq !== null && seq <= readSeq) return;
      readSeq = seq;
      unread.touch();
      touch();
    },
    told({ lastReadSeq, unread: count, unreadMentions }) {
      const { info } = state.get();
      if (!info?.role || (info.lastReadSeq ?? 0) > lastReadSeq) return;
      patch({ info: { ...info, lastReadSeq, unread: count, unreadMentions } });
      store.readUpTo(lastReadSeq);
    },
    dismissed() {
      const { info } = state.get();
      people = nobody;
      typing.touch();
      presence.touch();
      if (info) patch({ info: withoutStanding(info) });
    },
    empty() {
      const { pending, epoch } = timeline;
      timeline = { ...emptyTimeline(myself(), id), pending, epoch: epoch + 1 };
      acts = settledIn(acts, timeline);
      messages.touch();
      unread.touch();
    },
    touch,
    summary() {
      if (!stale) return summary;
      stale = false;
      const { info, partner } = state.get();
      if (!info?.role) {
        summary = null;
        return null;
      }
      const { count, mentions } = unread.get();
      const next = {
        id,
        title: titleOf(info, partner, me()),
        visibility: info.visibility,
        partner,
        info,
        unread: count,
        unreadMentions: mentions,
        waiting: store.waiting(),
        hasDraft: hasDraft(id),
      };
      summary = unlessAlike<RoomSummary>(summary ?? next, next);
      return summary;
    },
    waiting: () => timeline.pending.filter((each) => each.state === 'waiting').length,
  };
  return store;
}
