// Everything the signed-in page knows and can do: the joined rooms, fed by one connection, and the verbs of a person.

import { type ChatState, type LiveRoom, pendingOf, retold } from './chat-state.js';
import { newClientId } from './client-id.js';
import { connect } from './connection.js';
import { createDeeds, type Deeds } from './deeds.js';
import { createDesk, type Desk } from './desk.js';
import { createOlder } from './older.js';
import { createOutbox } from './outbox.js';
import { nobody, type PeopleEvent, peopleReducer } from './people.js';
import { generalSentence, joinSentence, Problem, sendSentence } from './problem.js';
import { createReading } from './reading.js';
import { recallTab, rememberTab } from './room-memory.js';
import { type Loss, listenToRooms } from './room-wire.js';
import { createRounds } from './rounds.js';
import type { SessionStore } from './session.js';
import { noActs, settled } from './timeline/acts.js';
import { emptyRoom, lastSeq, type RoomEvent, roomReducer } from './timeline/history.js';
import { type TypingSignal, typingSignal } from './typing-signal.js';
import type { JoinAnswer, Message, RoomInfo, Status, User, WireError } from './wire.js';

export interface Chat {
  subscribe(listener: () => void): () => void;
  state(): ChatState;
  /** What is asked over REST; what comes of it arrives as events, or with `adopt`. */
  desk: Desk;
  deeds: Deeds;
  /** Shows a room, joining it where that is needed. */
  visit(roomId: string | null): void;
  join(roomId: string): void;
  /** Takes in a room that was just made or found. */
  adopt(room: RoomInfo): void;
  /** Ends the membership; rejects with a `Problem`. */
  leave(roomId: string): Promise<void>;
  /** Takes a room off the list. */
  forget(roomId: string): void;
  write(roomId: string, content: string, replyTo?: string): void;
  retry(roomId: string, clientId: string): void;
  discard(roomId: string, clientId: string): void;
  loadOlder(roomId: string): void;
  /** Loads older messages until that one is held; whether it is. */
  seek(roomId: string, messageId: string): Promise<boolean>;
  markRead(roomId: string): void;
  typed(roomId: string, text: string): void;
  setStatus(status: Status): void;
  close(): void;
}

/** So many rooms are followed live (a server takes 500 a socket); the others are listed. */
const MOST_LIVE = 200;
const JOIN_AGAIN_MS = 2000;

export function createChat(session: SessionStore, me: User): Chat {
  const tab = recallTab(me.id);
  const listeners = new Set<() => void>();
  const joining = new Map<string, string>();
  const signals = new Map<string, TypingSignal>();
  const desk = createDesk(session);
  let wished: Status = 'online';
  let state: ChatState = {
    standing: 'connecting',
    me: { ...me, status: 'online' },
    rooms: {},
    active: null,
    problem: null,
    announcement: { count: 0, text: '' },
  };

  const connection = connect(session, (standing) => {
    set({ standing });
    if (standing === 'online') return arrive();
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
    send: (roomId, { clientId, content, replyTo }) =>
      connection.ask('message:send', { roomId, clientId, content, ...(replyTo ? { replyTo } : {}) }),
    acknowledged: (roomId, clientId, message) => move(roomId, { type: 'acknowledged', clientId, message }),
    refused: (roomId, clientId, error) =>
      move(roomId, { type: 'refused', clientId, problem: sendSentence(error) }),
  });

  const reading = createReading(
    (roomId, seq) => connection.ask('message:read', { roomId, seq }),
    (roomId, { lastReadSeq }) => readUpTo(roomId, lastReadSeq),
  );

  const deeds = createDeeds({
    ask: connection.ask,
    message: (roomId, messageId) =>
      state.rooms[roomId]?.history.messages.findLast(({ id }) => id === messageId),
    acts: (roomId) => state.rooms[roomId]?.acts ?? noActs,
    setActs(roomId, acts) {
      const room = state.rooms[roomId];
      if (room) setRoom(roomId, { acts: settled(acts, room.history.messages, room.history.rev) });
    },
  });

  const older = createOlder({
    history: (roomId) => state.rooms[roomId]?.history,
    ask: desk.older,
    move,
  });

  const rounds = createRounds({
    ask: desk.mine,
    held: () => Object.values(state.rooms),
    listed,
    absent: (roomId) => lost(roomId, 'notAllowed'),
    failed: (error) => set({ problem: generalSentence(error) }),
    done: () => state.problem && set({ problem: null }),
  });

  listenToRooms(connection.socket, { move, movePeople, heard, informed, lost, wasRead });
  window.addEventListener('pagehide', deeds.flush);
  for (const event of ['resync', 'notification']) connection.socket.on(event, rounds.now);
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
    setRoom(roomId, { history, acts: settled(room.acts, history.messages, history.rev) });
    if (history.pending !== room.history.pending) rememberTab(me.id, pendingOf(state));
    if (history.gap && !room.history.gap) void joinRoom(roomId);
  }

  function movePeople(roomId: string, event: PeopleEvent) {
    const room = state.rooms[roomId];
    if (!room) return;
    const people = peopleReducer(room.people, event);
    if (people !== room.people) setRoom(roomId, { people });
  }

  function heard({ roomId, userId, username, content, seq }: Message) {
    movePeople(roomId, { type: 'quiet', userId });
    // Sending marks as read, on the server too.
    if (userId === me.id) return readUpTo(roomId, seq);
    if (roomId === state.active) announce(`${username}: ${content}`);
  }

  function informed(room: RoomInfo) {
    const known = state.rooms[room.id];
    if (known) setRoom(room.id, { info: retold(known.info, room) });
  }

  function lost(roomId: string, loss: Loss) {
    if (!state.rooms[roomId]) return;
    joining.delete(roomId);
    reading.forget(roomId);
    setRoom(roomId, { phase: 'refused', loss, problem: null, wasLive: false });
  }

  function wasRead(roomId: string, userId: string, lastReadSeq: number) {
    if (userId === me.id) readUpTo(roomId, lastReadSeq);
  }

  function readUpTo(roomId: string, seq: number) {
    const room = state.rooms[roomId];
    if (room && (room.readSeq ?? -1) < seq) setRoom(roomId, { readSeq: seq });
  }

  function announce(text: string) {
    set({ announcement: { count: state.announcement.count + 1, text } });
  }

  function add(roomId: string, info: RoomInfo | null, phase: LiveRoom['phase'] = 'joining') {
    if (state.rooms[roomId]) return;
    const room: LiveRoom = {
      id: roomId,
      info,
      phase,
      wasLive: false,
      problem: null,
      loss: null,
      history: { ...emptyRoom(me.id), pending: tab.waiting[roomId] ?? [] },
      people: nobody,
      acts: noActs,
      readSeq: info?.lastReadSeq ?? null,
      other: null,
    };
    set({ rooms: { ...state.rooms, [roomId]: room } });
    if (info?.visibility === 'direct') void meetOther(roomId);
  }

  /** A direct room has no name of its own: it is called after the other one. */
  async function meetOther(roomId: string) {
    if (state.rooms[roomId]?.other) return;
    const { members } = await desk.members(roomId).catch(() => ({ members: [] }));
    const other = members.find(({ user }) => user.id !== me.id)?.user ?? null;
    if (other) setRoom(roomId, { other });
  }

  /** After each connect: what the user has just asked for, then the rooms that are still theirs. */
  function arrive() {
    if (wished !== 'online') connection.tell('presence:update', wished);
    const active = state.active ? state.rooms[state.active] : undefined;
    if (active?.phase === 'joining' && !active.wasLive) void joinRoom(active.id);
    for (const { id, phase, wasLive } of Object.values(state.rooms))
      if (phase === 'joining' && !wasLive) void joinRoom(id);
    void rounds.first().then(() => {
      for (const { id, phase } of Object.values(state.rooms)) if (phase === 'joining') void joinRoom(id);
    });
  }

  /** A room of the user's, as the server has just said. */
  function listed(room: RoomInfo, closed: boolean) {
    const known = state.rooms[room.id];
    if (known) {
      setRoom(room.id, { info: retold(known.info, room) });
      if (room.lastReadSeq !== undefined) readUpTo(room.id, room.lastReadSeq);
      if (room.visibility === 'direct') void meetOther(room.id);
      if (closed) void joinRoom(room.id);
      return;
    }
    const live = Object.values(state.rooms).filter(({ phase }) => phase !== 'listed').length;
    add(room.id, room, live < MOST_LIVE ? 'joining' : 'listed');
    if (live < MOST_LIVE) void joinRoom(room.id);
  }

  async function joinRoom(roomId: string): Promise<void> {
    const sid = connection.socket.id;
    const room = state.rooms[roomId];
    if (!sid || !room || joining.get(roomId) === sid) return;
    joining.set(roomId, sid);
    if (room.phase === 'refused' || room.phase === 'listed')
      setRoom(roomId, { phase: 'joining', problem: null, loss: null });
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
    const told = ack.room.lastReadSeq ?? -1;
    const seen = Math.max(known.readSeq ?? -1, told);
    const readSeq = seen < 0 ? lastSeq(known.history) : seen;
    const info = retold(known.info, ack.room);
    setRoom(roomId, { phase: 'live', wasLive: true, problem: null, loss: null, info, readSeq });
    if (info.visibility === 'direct') void meetOther(roomId);
    if (known.history.gap) return joinRoom(roomId);
    if (told < readSeq) reading.seen(roomId, readSeq);
    outbox.pump(roomId);
  }

  function refuse(roomId: string, error: WireError) {
    if (!connection.socket.connected) return;
    if (error.code !== 'unavailable' && error.code !== 'rate_limited') {
      return setRoom(roomId, { phase: 'refused', problem: joinSentence(error), wasLive: false });
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
    reading.seen(roomId, seq);
  }

  function setMyStatus(status: Status) {
    wished = status;
    if (status !== state.me.status) set({ me: { ...state.me, status } });
  }

  function join(roomId: string) {
    add(roomId, null);
    void joinRoom(roomId);
  }

  function forget(roomId: string) {
    signals.get(roomId)?.stop();
    connection.tell('leave:room', { roomId });
    joining.delete(roomId);
    reading.forget(roomId);
    const { [roomId]: _, ...rooms } = state.rooms;
    set({ rooms, active: state.active === roomId ? null : state.active });
    rememberTab(me.id, pendingOf(state));
  }

  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    state: () => state,
    desk,
    deeds,
    visit(roomId) {
      if (state.active !== roomId) set({ active: roomId });
      if (!roomId) return;
      const room = state.rooms[roomId];
      if (!room || room.phase === 'listed') join(roomId);
    },
    join,
    adopt(room) {
      add(room.id, room);
      void joinRoom(room.id);
    },
    async leave(roomId) {
      await desk.removeMember(roomId, me.id).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
      });
      forget(roomId);
    },
    forget,
    write(roomId, content, replyTo) {
      signals.get(roomId)?.stop();
      const writtenAt = new Date().toISOString();
      const clientId = newClientId();
      const pending = {
        clientId,
        content,
        writtenAt,
        state: 'waiting',
        ...(replyTo ? { replyTo } : {}),
      } as const;
      move(roomId, { type: 'written', pending });
      markRead(roomId);
      outbox.pump(roomId);
    },
    retry(roomId, clientId) {
      move(roomId, { type: 'retried', clientId });
      outbox.pump(roomId);
    },
    discard: (roomId, clientId) => move(roomId, { type: 'discarded', clientId }),
    loadOlder: (roomId) => void older.load(roomId),
    seek: older.seek,
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
    close() {
      for (const signal of signals.values()) signal.stop();
      window.removeEventListener('pagehide', deeds.flush);
      rounds.close();
      deeds.close();
      reading.close();
      outbox.close();
      connection.close();
      listeners.clear();
    },
  };
}
