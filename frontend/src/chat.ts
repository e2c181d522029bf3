// Everything the signed-in page knows and can do: the joined rooms, fed by one connection, and the verbs of a person.
import { connect, type Standing } from './connection';
import { createOutbox } from './outbox';
import { nobody, type People, type PeopleEvent, peopleReducer } from './people';
import { generalSentence, joinSentence, Problem, sendSentence, UNREACHABLE } from './problem';
import { request } from './rest';
import { recallPlaces, recallTab, rememberPlaces, rememberTab } from './room-memory';
import { emptyRoom, lastSeq, type Pending, type RoomEvent, type RoomState, roomReducer } from './room-state';
import { listenToRooms } from './room-wire';
import type { SessionStore } from './session';
import { type TypingSignal, typingSignal } from './typing-signal';
import type { HistoryPage, JoinAnswer, Message, Room, Status, User, WireError } from './wire';

export interface LiveRoom {
  id: string;
  info: Room | null;
  phase: 'joining' | 'live' | 'refused';
  problem: string | null;
  history: RoomState;
  people: People;
  /** Everything up to this `seq` has been seen; `null` until the room is known. */
  readSeq: number | null;
}

export interface ChatState {
  standing: Standing;
  me: User;
  rooms: Readonly<Record<string, LiveRoom>>;
  active: string | null;
  /** Public rooms, joined or not; `null` until they were fetched. */
  directory: readonly Room[] | null;
  directoryFailed: boolean;
  problem: string | null;
  /** What a screen reader says next; the number makes two equal sentences two. */
  announcement: { count: number; text: string };
}

export interface Chat {
  subscribe(listener: () => void): () => void;
  state(): ChatState;
  /** Shows a room, joining it where that is needed. */
  visit(roomId: string | null): void;
  join(roomId: string): void;
  leave(roomId: string): void;
  write(roomId: string, content: string): void;
  retry(roomId: string, clientId: string): void;
  discard(roomId: string, clientId: string): void;
  loadOlder(roomId: string): void;
  markRead(roomId: string): void;
  typed(roomId: string, text: string): void;
  setStatus(status: Status): void;
  refreshDirectory(): void;
  close(): void;
}

const PAGE = 50;
/** A socket may be in no more live rooms (the server's default). */
const MOST_ROOMS = 500;
const JOIN_AGAIN_MS = 2000;

export function createChat(session: SessionStore, me: User): Chat {
  const places = recallPlaces(me.id);
  const tab = recallTab(me.id);
  const listeners = new Set<() => void>();
  const joining = new Map<string, string>();
  const signals = new Map<string, TypingSignal>();
  let wished: Status = 'online';
  let state: ChatState = {
    standing: 'connecting',
    me: { ...me, status: 'online' },
    rooms: {},
    active: null,
    directory: null,
    directoryFailed: false,
    problem: null,
    announcement: { count: 0, text: '' },
  };

  const connection = connect(session, (standing) => {
    set({ standing });
    if (standing === 'online') return void arrive();
    joining.clear();
    for (const { id, phase } of Object.values(state.rooms)) {
      if (phase === 'live') setRoom(id, { phase: 'joining' });
      movePeople(id, { type: 'cut' });
    }
  });

  const outbox = createOutbox({
    next: (roomId) => {
      const room = state.rooms[roomId];
      if (room?.phase !== 'live') return null;
      return room.history.pending.find((each) => each.state === 'waiting') ?? null;
    },
    send: (roomId, { clientId, content }) => connection.ask('message:send', { roomId, clientId, content }),
    acknowledged: (roomId, clientId, message) => move(roomId, { type: 'acknowledged', clientId, message }),
    refused: (roomId, clientId, error) =>
      move(roomId, { type: 'refused', clientId, problem: sendSentence(error) }),
  });

  listenToRooms(connection.socket, { move, movePeople, heard, informed, lost });
  connection.socket.on('presence:changed', ({ userId, status }: { userId: string; status: Status }) => {
    if (userId === me.id && status !== 'offline') setMyStatus(status);
    for (const roomId of Object.keys(state.rooms)) movePeople(roomId, { type: 'status', userId, status });
  });

  for (const roomId of Object.keys(tab.waiting)) add(roomId, null);

  function set(patch: Partial<ChatState>) {
    state = { ...state, ...patch };
    for (const listener of listeners) listener();
  }

  function setRoom(roomId: string, patch: Partial<LiveRoom>) {
    const room = state.rooms[roomId];
    if (room) set({ rooms: { ...state.rooms, [roomId]: { ...room, ...patch } } });
  }

  function move(roomId: string, event: RoomEvent) {
    const room = state.rooms[roomId];
    if (!room) return;
    const history = roomReducer(room.history, event);
    if (history === room.history) return;
    setRoom(roomId, { history });
    if (history.pending !== room.history.pending) rememberTab(me.id, pendingOf(state));
    if (history.gap && !room.history.gap) void joinRoom(roomId);
  }

  function movePeople(roomId: string, event: PeopleEvent) {
    const room = state.rooms[roomId];
    if (!room) return;
    const people = peopleReducer(room.people, event);
    if (people !== room.people) setRoom(roomId, { people });
  }

  function heard(message: Message) {
    const { roomId, userId, username, content } = message;
    movePeople(roomId, { type: 'quiet', userId });
    if (userId === me.id) return markRead(roomId);
    if (roomId === state.active) announce(`${username}: ${content}`);
  }

  function informed(room: Room) {
    const known = state.rooms[room.id];
    if (known) setRoom(room.id, { info: { ...known.info, ...room } });
  }

  function lost(roomId: string, why: string) {
    if (!state.rooms[roomId]) return;
    joining.delete(roomId);
    setRoom(roomId, { phase: 'refused', problem: why });
  }

  function announce(text: string) {
    set({ announcement: { count: state.announcement.count + 1, text } });
  }

  function add(roomId: string, info: Room | null) {
    if (state.rooms[roomId]) return;
    const room: LiveRoom = {
      id: roomId,
      info,
      phase: 'joining',
      problem: null,
      history: { ...emptyRoom(me.id), pending: tab.waiting[roomId] ?? [] },
      people: nobody,
      readSeq: places.read[roomId] ?? null,
    };
    set({ rooms: { ...state.rooms, [roomId]: room } });
  }

  /** After each connect: the room on screen first, then the others, then what may have changed meanwhile. */
  async function arrive() {
    if (wished !== 'online') connection.tell('presence:update', wished);
    const active = state.active ? state.rooms[state.active] : undefined;
    if (active?.phase === 'joining') void joinRoom(active.id);
    for (const { id, phase } of Object.values(state.rooms)) if (phase === 'joining') void joinRoom(id);
    refreshDirectory();
    try {
      for (const room of await mine()) {
        if (places.closed.includes(room.id) || state.rooms[room.id]) continue;
        add(room.id, room);
        void joinRoom(room.id);
      }
      set({ problem: null });
    } catch (error) {
      set({ problem: generalSentence(wireError(error)) });
    }
  }

  async function mine(): Promise<Room[]> {
    const rooms: Room[] = [];
    let cursor = '';
    do {
      const place = cursor && `&cursor=${encodeURIComponent(cursor)}`;
      const page = await rest<{ rooms: Room[]; nextCursor?: string }>(`/rooms?scope=mine&limit=100${place}`);
      rooms.push(...page.rooms);
      cursor = page.nextCursor ?? '';
    } while (cursor && rooms.length < MOST_ROOMS);
    return rooms;
  }

  async function joinRoom(roomId: string): Promise<void> {
    const sid = connection.socket.id;
    const room = state.rooms[roomId];
    if (!sid || !room || joining.get(roomId) === sid) return;
    joining.set(roomId, sid);
    if (room.phase === 'refused') setRoom(roomId, { phase: 'joining', problem: null });
    const { rev } = room.history;
    const ack = await connection.ask<JoinAnswer>(
      'join:room',
      rev === null ? { roomId } : { roomId, since: rev },
    );
    // Cut, left or lost meanwhile: another turn has taken over.
    if (joining.get(roomId) !== sid || connection.socket.id !== sid) return;
    joining.delete(roomId);
    if (!ack.ok) return refuse(roomId, ack.error);
    movePeople(roomId, { type: 'joined', answer: ack });
    const mySelf = ack.online.find((user) => user.id === me.id);
    if (mySelf && mySelf.status !== 'offline') setMyStatus(mySelf.status);
    const known = state.rooms[roomId];
    if (!known) return;
    const seen = Math.max(known.readSeq ?? -1, ack.room.lastReadSeq ?? -1);
    const readSeq = seen < 0 ? lastSeq(known.history) : seen;
    setRoom(roomId, { phase: 'live', problem: null, info: { ...known.info, ...ack.room }, readSeq });
    if (known.history.gap) return joinRoom(roomId);
    outbox.pump(roomId);
  }

  function refuse(roomId: string, error: WireError) {
    if (!connection.socket.connected) return;
    if (error.code !== 'unavailable' && error.code !== 'rate_limited') {
      return setRoom(roomId, { phase: 'refused', problem: joinSentence(error) });
    }
    setRoom(roomId, { problem: joinSentence(error) });
    setTimeout(() => void joinRoom(roomId), error.retryAfterMs ?? JOIN_AGAIN_MS * (0.5 + Math.random()));
  }

  function markRead(roomId: string) {
    const room = state.rooms[roomId];
    if (!room || room.history.rev === null) return;
    const seq = lastSeq(room.history);
    if (room.readSeq !== null && seq <= room.readSeq) return;
    setRoom(roomId, { readSeq: seq });
    places.read[roomId] = seq;
    rememberPlaces(me.id, places);
  }

  function setMyStatus(status: Status) {
    wished = status;
    if (status !== state.me.status) set({ me: { ...state.me, status } });
  }

  async function rest<T>(path: string): Promise<T> {
    return request<T>(path, { token: await session.token() });
  }

  function refreshDirectory() {
    rest<{ rooms: Room[] }>('/rooms?scope=public&limit=100').then(
      ({ rooms }) => set({ directory: rooms, directoryFailed: false }),
      () => set({ directoryFailed: true }),
    );
  }

  function join(roomId: string) {
    places.closed = places.closed.filter((each) => each !== roomId);
    rememberPlaces(me.id, places);
    add(roomId, state.directory?.find((room) => room.id === roomId) ?? null);
    void joinRoom(roomId);
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    visit(roomId) {
      if (state.active !== roomId) set({ active: roomId });
      if (roomId && !state.rooms[roomId]) join(roomId);
    },
    join,
    leave(roomId) {
      signals.get(roomId)?.stop();
      connection.tell('leave:room', { roomId });
      joining.delete(roomId);
      const { [roomId]: _, ...rooms } = state.rooms;
      set({ rooms, active: state.active === roomId ? null : state.active });
      places.closed = [...new Set([...places.closed, roomId])];
      rememberPlaces(me.id, places);
      rememberTab(me.id, pendingOf(state));
      refreshDirectory();
    },
    write(roomId, content) {
      signals.get(roomId)?.stop();
      const writtenAt = new Date().toISOString();
      const clientId = newClientId();
      move(roomId, { type: 'written', pending: { clientId, content, writtenAt, state: 'waiting' } });
      markRead(roomId);
      outbox.pump(roomId);
    },
    retry(roomId, clientId) {
      move(roomId, { type: 'retried', clientId });
      outbox.pump(roomId);
    },
    discard: (roomId, clientId) => move(roomId, { type: 'discarded', clientId }),
    loadOlder(roomId) {
      const history = state.rooms[roomId]?.history;
      const before = history?.messages[0]?.seq;
      if (!history?.hasOlder || history.older === 'loading' || before === undefined) return;
      move(roomId, { type: 'olderAsked' });
      rest<HistoryPage>(`/rooms/${encodeURIComponent(roomId)}/messages?before=${before}&limit=${PAGE}`).then(
        (page) => move(roomId, { type: 'olderCame', before, page }),
        () => move(roomId, { type: 'olderFailed' }),
      );
    },
    markRead,
    typed(roomId, text) {
      let signal = signals.get(roomId);
      if (!signal) {
        signal = typingSignal((event) => {
          if (state.rooms[roomId]?.phase === 'live') connection.tell(event, { roomId });
        });
        signals.set(roomId, signal);
      }
      signal.changed(text);
    },
    setStatus(status) {
      setMyStatus(status);
      connection.tell('presence:update', status);
      for (const roomId of Object.keys(state.rooms))
        movePeople(roomId, { type: 'status', userId: me.id, status });
    },
    refreshDirectory,
    close() {
      for (const signal of signals.values()) signal.stop();
      outbox.close();
      connection.close();
      listeners.clear();
    },
  };
}

/** How many messages wait for the connection, over all rooms. */
export function waitingCount(state: ChatState): number {
  return Object.values(pendingOf(state))
    .flat()
    .filter((each) => each.state === 'waiting').length;
}

export function unreadCount(room: LiveRoom): number {
  return room.readSeq === null ? 0 : Math.max(0, lastSeq(room.history) - room.readSeq);
}

export function roomName(room: LiveRoom): string {
  return room.info?.name ?? room.id;
}

/** What the server has not acknowledged, by room. */
function pendingOf(state: ChatState): Record<string, Pending[]> {
  return Object.fromEntries(
    Object.values(state.rooms)
      .map((room) => [room.id, room.history.pending.filter((each) => each.state !== 'sent')] as const)
      .filter(([, pending]) => pending.length > 0),
  );
}

function wireError(error: unknown): WireError {
  return error instanceof Problem ? error : UNREACHABLE;
}

/** `crypto.randomUUID` exists only where the page came over https or from this machine. */
function newClientId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}
