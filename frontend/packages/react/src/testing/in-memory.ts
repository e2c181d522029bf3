// A client without a server: cells that the tests set by hand, and verbs that change them. It counts what was connected and opened.
import {
  type Cell,
  type Client,
  type ConnectionState,
  cell,
  type Draft,
  type Job,
  type MessageItem,
  type MessagesState,
  type NotificationsState,
  Problem,
  type Room,
  type RoomState,
  type RoomSummary,
  type RoomsState,
  type Typist,
  type UnreadState,
  type User,
} from '@belfry/client';

export interface InMemoryRoom extends Room {
  readonly state: Cell<RoomState>;
  readonly messages: Cell<MessagesState>;
  readonly typing: Cell<readonly Typist[]>;
  readonly unread: Cell<UnreadState>;
  readonly draft: Cell<Draft>;
  /** How often it was opened so far, and how many of these hold. */
  readonly opened: { times: number; now: number };
  /** Somebody else's message arrives. */
  arrives(content: string): void;
}

export interface InMemoryClient extends Client {
  readonly me: Cell<User | null>;
  readonly connection: Cell<ConnectionState>;
  readonly rooms: Client['rooms'] & Cell<RoomsState>;
  readonly notifications: Client['notifications'] & Cell<NotificationsState>;
  readonly jobs: Client['jobs'] & Cell<readonly Job[]>;
  readonly connected: { times: number; now: boolean };
  room(id: string): InMemoryRoom;
}

const notHere = () => Promise.reject(new Problem({ code: 'not_found', message: 'not in memory' }));

export function inMemoryClient(): InMemoryClient {
  const rooms = new Map<string, InMemoryRoom>();
  const connection = cell<ConnectionState>({
    status: 'idle',
    problem: null,
    downSince: null,
    waiting: 0,
    keeps: 'memory',
  });
  const connected = { times: 0, now: false };
  return {
    connected,
    connection,
    me: cell<User | null>(null),
    rooms: {
      ...cell<RoomsState>({ status: 'loading', problem: null, rooms: [], unread: 0, unreadMentions: 0 }),
      refresh() {},
      directory: notHere,
      create: notHere,
      direct: notHere,
    },
    notifications: {
      ...cell<NotificationsState>({
        status: 'loading',
        problem: null,
        notifications: [],
        unread: 0,
        hasOlder: false,
      }),
      refresh() {},
      loadOlder() {},
      markRead() {},
      onAlert: () => () => {},
    },
    jobs: {
      ...cell<readonly Job[]>([]),
      create: notHere,
      cancel: notHere,
      refresh() {},
      result: notHere,
    },
    people: { search: notHere, get: notHere },
    room(id) {
      const room = rooms.get(id) ?? inMemoryRoom(id);
      rooms.set(id, room);
      return room;
    },
    connect() {
      connected.times += 1;
      connected.now = true;
      connection.set({ ...connection.get(), status: 'online' });
    },
    disconnect() {
      connected.now = false;
      connection.set({ ...connection.get(), status: 'idle' });
    },
    setStatus() {},
    setDisplayName: notHere,
    request: notHere,
    on: () => () => {},
  };
}

function inMemoryRoom(id: string): InMemoryRoom {
  const state = cell<RoomState>({ status: 'closed', problem: null, loss: null, info: null, partner: null });
  const messages = cell<MessagesState>({
    status: 'idle',
    problem: null,
    messages: [],
    hasOlder: false,
    older: 'idle',
    hasNewer: false,
    newer: 'idle',
    epoch: 0,
    lastSeq: 0,
  });
  const draft = cell<Draft>({ text: '', replyTo: null });
  const opened = { times: 0, now: 0 };
  const put = (item: MessageItem) =>
    messages.set({ ...messages.get(), status: 'ready', messages: [...messages.get().messages, item] });
  const change = (messageId: string, by: (item: MessageItem) => Partial<MessageItem>) =>
    messages.set({
      ...messages.get(),
      messages: messages
        .get()
        .messages.map((item) => (item.id === messageId ? { ...item, ...by(item) } : item)),
    });
  return {
    id,
    state,
    messages,
    typing: cell<readonly Typist[]>([]),
    presence: cell({ online: [], count: 0 }),
    unread: cell<UnreadState>({ count: 0, mentions: 0, lastReadSeq: null }),
    draft,
    opened,
    arrives: (content) => put(itemOf(id, content, messages.get().messages.length + 1)),
    open() {
      opened.times += 1;
      opened.now += 1;
      state.set({ ...state.get(), status: 'live' });
      return () => {
        opened.now -= 1;
        if (opened.now === 0) state.set({ ...state.get(), status: 'closed' });
      };
    },
    retryOpen() {},
    leave: notHere,
    send(content) {
      const item = itemOf(id, content, messages.get().messages.length + 1);
      put(item);
      return { key: item.key, done: notHere() };
    },
    retry() {},
    discard: () => null,
    edit: (messageId, content) => change(messageId, () => ({ content })),
    remove: (messageId) => change(messageId, () => ({ content: '' })),
    clap: (messageId) =>
      change(messageId, ({ claps }) => ({ claps: { total: claps.total + 1, mine: claps.mine + 1 } })),
    react() {},
    dismiss() {},
    loadOlder() {},
    loadNewer() {},
    seek: () => Promise.resolve(false),
    toEnd() {},
    markRead() {},
    typed() {},
    setDraft: (part) => draft.set({ ...draft.get(), ...part }),
    members: notHere,
    addMember: notHere,
    setRole: notHere,
    removeMember: notHere,
    update: notHere,
    destroy: notHere,
    moderation: notHere,
  };
}

function itemOf(roomId: string, content: string, seq: number): MessageItem {
  return {
    id: `message-${seq}`,
    key: `message-${seq}`,
    roomId,
    seq,
    rev: seq,
    userId: 'ada',
    username: 'Ada',
    content,
    type: 'text',
    timestamp: '2026-01-01T00:00:00.000Z',
    claps: { total: 0, mine: 0 },
    reactions: [],
    mentions: [],
    previews: [],
    state: 'kept',
    problem: null,
  };
}

export function summaryOf(id: string, unread: number): RoomSummary {
  return {
    id,
    title: id,
    visibility: 'public',
    partner: null,
    info: {
      id,
      name: id,
      visibility: 'public',
      createdBy: 'ada',
      createdAt: '2026-01-01T00:00:00.000Z',
      rev: 0,
      memberCount: 1,
      lastSeq: unread,
    },
    unread,
    unreadMentions: 0,
    waiting: 0,
    hasDraft: false,
  };
}
