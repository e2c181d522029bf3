// The client: puts its parts together, and lets them live between `connect` and `disconnect`.
import { createAlerts } from './alerts.js';
import { LIVE, MOST_LIVE, PEOPLE_PAGE, RECOUNT_MS } from './bounds.js';
import { createConnection, type Standing } from './connection.js';
import type { Client, ClientOptions, ConnectionState } from './contract.js';
import { alike, unlessAlike } from './derived.js';
import { createDrafts } from './drafts.js';
import { createJobs } from './jobs.js';
import { createKeptSends } from './kept-sends.js';
import { createLife, type Life } from './life.js';
import { createNotifications } from './notifications.js';
import { createOutbox, type Outbox } from './outbox.js';
import { whenLeft } from './page.js';
import { Problem } from './problem.js';
import { cell } from './readable.js';
import { createReading } from './reading.js';
import { createRest } from './rest.js';
import { listenToRooms } from './room-wire.js';
import { createRooms } from './rooms.js';
import { createShelf } from './shelf.js';
import { openStorage } from './storage.js';
import { createTokens } from './tokens.js';
import { whoIs } from './who.js';
import type { Job, Message, Notification, Status, User } from './wire.js';
import type { World } from './world.js';

/** A client that does nothing until `connect`. */
export function createClient(options: ClientOptions): Client {
  const me = cell<User | null>(options.user ? { ...options.user, status: 'online' } : null);
  const state = cell<ConnectionState>({
    status: 'idle',
    problem: null,
    downSince: null,
    waiting: 0,
    keeps: options.storage?.keeps.get() ?? 'storage',
  });
  let life: Life | null = null;
  let outbox: Outbox | null = null;
  let adopted = false;
  /** What an earlier page wrote is sent before what is written now. */
  let recalling = false;
  let cancelRecount: (() => void) | undefined;
  let wished: Exclude<Status, 'offline'> | undefined;

  const tokens = createTokens(options, () => me.get()?.id);
  const rest = createRest({
    url: options.url,
    getToken: (refused) => (refused === undefined ? tokens.held() : tokens.instead(refused)),
  });
  const notifications = createNotifications(rest);
  const alerts = createAlerts();
  const jobs = createJobs(rest);

  const connection = createConnection({
    url: options.url,
    transports: options.transports,
    tokens,
    changed: standing,
    probe() {
      const live = [...rooms.all()].find(({ store }) => store.status() === 'live');
      return live ? { event: 'typing:stop', argument: { roomId: live.store.id } } : null;
    },
  });
  const shelf = createShelf();
  const drafts = createDrafts(shelf, (roomId) => rooms.known(roomId)?.store.touch());
  const unsent = createKeptSends(shelf);
  const reading = createReading(
    (roomId, seq) => connection.ask('message:read', { roomId, seq }),
    (roomId, answer) => {
      rooms.known(roomId)?.store.told(answer);
      if (notifications.get().unread > 0) recount();
    },
  );
  const world: World = {
    me: me.get,
    connection,
    rest,
    shelf,
    drafts,
    unsent,
    reading,
    life: () => life,
    pump: (roomId) => outbox?.pump(roomId),
    changed() {
      rooms.changed();
      show({ waiting: rooms.waiting() });
    },
    closed: (roomId) => rooms.closed(roomId),
    seenAs: ({ status }) => setMyStatus(status),
  };
  const rooms = createRooms(world, Math.min(MOST_LIVE, Math.max(0, options.live ?? LIVE)));

  listenToRooms(connection, { known: rooms.known, isMe });
  connection.on('presence:changed', ({ userId, status }: { userId: string; status: Status }) => {
    if (isMe(userId)) setMyStatus(status);
    rooms.statusChanged(userId, status);
  });
  connection.on('notification', (notification: Notification) => {
    notifications.told(notification);
    alerts.told(notification);
    const { roomId } = notification;
    if (roomId === undefined) return;
    const store = rooms.known(roomId)?.store;
    if (!store?.summary()) rooms.rooms.refresh();
    // It may come later than its message was read, and nothing else would ask for the count again.
    if (store?.unread.get().count === 0) recount();
  });
  connection.on('notifications:read', notifications.readElsewhere);
  connection.on('job:update', (job: Job) => jobs.told(job));
  connection.on('resync', () => {
    rooms.rooms.refresh();
    notifications.refresh();
    jobs.refresh();
  });

  function isMe(userId: string) {
    return userId === me.get()?.id;
  }

  function show(patch: Partial<ConnectionState>) {
    state.set(unlessAlike(state.get(), { ...state.get(), ...patch }));
  }

  function setMe(user: User) {
    const known = me.get();
    if (!known || !alike(known, user)) me.set(user);
    if (known?.id !== user.id) void recall();
  }

  function setMyStatus(status: Status) {
    const known = me.get();
    if (status === 'offline') return;
    wished = status;
    if (known && known.status !== status) me.set({ ...known, status });
  }

  function standing(status: Standing, problem: Problem | null) {
    const wasOnline = state.get().status === 'online';
    const down = status === 'online' || status === 'idle' ? null : (state.get().downSince ?? Date.now());
    show({ status, problem, downSince: down });
    if (status === 'idle' || (wasOnline && status !== 'online')) rooms.cut();
    if (status === 'online' && !wasOnline) arrive();
  }

  function arrive() {
    if (wished && wished !== 'online') connection.tell('presence:update', wished);
    rooms.arrived();
    notifications.refresh();
    jobs.refresh();
    void learnMe();
  }

  /** What the token does not say of the user. */
  async function learnMe() {
    try {
      const user = await rest.ask<User>('/me');
      setMe({ ...user, status: wished ?? 'online' });
    } catch {
      // Asked again at the next connect.
    }
  }

  /** Takes in what was kept for the user. */
  async function recall() {
    const user = me.get();
    if (adopted || !user || !life) return;
    adopted = true;
    recalling = true;
    const storage = options.storage ?? openStorage();
    const { keeps } = storage;
    keeps.subscribe(() => show({ keeps: keeps.get() }));
    show({ keeps: keeps.get() });
    shelf.give(storage, user.id);
    const [waiting] = await Promise.all([unsent.load(), rooms.recall(), drafts.load()]);
    recalling = false;
    for (const [roomId, pending] of waiting) rooms.room(roomId).sends.restore(pending);
    for (const { store } of rooms.all()) world.pump(store.id);
    if (state.get().status === 'online') rooms.arrived();
  }

  function recount() {
    cancelRecount?.();
    cancelRecount = life?.after(RECOUNT_MS, notifications.refresh);
  }

  async function request<T>(event: string, argument: unknown): Promise<T> {
    const ack = await connection.ask<T>(event, argument);
    if (ack.ok) return ack;
    throw new Problem(ack.error);
  }

  function start(mine: Life) {
    outbox = createOutbox({
      next(roomId) {
        const room = rooms.known(roomId)?.store;
        if (recalling || room?.status() !== 'live') return null;
        return room.timeline().pending.find((each) => each.state === 'waiting') ?? null;
      },
      async send(roomId, { clientId, content, replyTo }) {
        const wish = { roomId, clientId, content, ...(replyTo ? { replyTo } : {}) };
        return (await request<{ message: Message }>('message:send', wish)).message;
      },
      acknowledged(roomId, clientId, message) {
        const room = rooms.known(roomId);
        room?.sends.acknowledged(clientId, message);
        room?.readUpTo(message.seq);
        room?.joining.reconsider();
      },
      refused(roomId, clientId, problem) {
        const room = rooms.known(roomId);
        room?.sends.refused(clientId, problem);
        room?.joining.reconsider();
      },
    });
    rooms.start(mine);
    whenLeft(mine, () => {
      for (const room of rooms.all()) room.flush();
    });
    void recall();
    void identify();
    connection.open();
  }

  /** Who this is, as soon as somebody has a token, whether or not the server can be reached. */
  async function identify() {
    if (me.get()) return;
    const user = await tokens.held().then(whoIs, () => null);
    if (user && !me.get() && life) setMe(user);
  }

  return {
    me,
    connection: state,
    rooms: rooms.rooms,
    notifications: { ...notifications, onAlert: alerts.onAlert },
    jobs,
    people: {
      search: async (q) =>
        (await rest.ask<{ users: User[] }>('/users', { query: { q, limit: PEOPLE_PAGE } })).users,
      get: (id) => rest.ask(`/users/${encodeURIComponent(id)}`),
    },
    room: (id) => rooms.room(id).room,
    connect() {
      if (life) {
        if (state.get().status === 'refused') connection.open();
        return;
      }
      life = createLife();
      start(life);
    },
    disconnect() {
      if (!life) return;
      for (const room of rooms.all()) room.rest();
      life.end();
      life = null;
      outbox?.close();
      outbox = null;
      connection.close();
      reading.rest();
      rooms.rest();
      rest.close();
    },
    setStatus(status) {
      setMyStatus(status);
      connection.tell('presence:update', status);
      const user = me.get();
      if (user) rooms.statusChanged(user.id, status);
    },
    async setDisplayName(name) {
      const user = await rest.ask<User>('/me', { method: 'PATCH', body: { displayName: name } });
      setMe({ ...user, status: me.get()?.status ?? 'online' });
      return user;
    },
    request,
    on: (event: string, listener: (payload: never) => void) => connection.on(event, listener),
  };
}
