// What the hooks hand out: each part of the client as one object, its state with its verbs beside it.
import type {
  Client,
  ConnectionState,
  Draft,
  Job,
  Jobs,
  MessagesState,
  Notifications,
  NotificationsState,
  Readable,
  Room,
  RoomState,
  Rooms,
  RoomsState,
  Typist,
  UnreadState,
} from '@belfry/client';

export type UseConnection = ConnectionState & Pick<Client, 'connect'>;
export type UseRooms = RoomsState & Pick<Rooms, 'refresh' | 'directory' | 'create' | 'direct'>;
export type UseNotifications = NotificationsState & Pick<Notifications, 'refresh' | 'loadOlder' | 'markRead'>;
export type UseJobs = { readonly jobs: readonly Job[] } & Pick<
  Jobs,
  'create' | 'cancel' | 'refresh' | 'result'
>;

export type UseRoom = RoomState & Pick<Room, 'id' | (typeof ROOM_VERBS)[number]>;
export type UseMessages = MessagesState & Pick<Room, (typeof MESSAGE_VERBS)[number]>;
export type UseTyping = { readonly typing: readonly Typist[] } & Pick<Room, 'typed'>;
export type UseUnread = UnreadState & Pick<Room, 'markRead'>;
export type UseDraft = Draft & { set(draft: Partial<Draft>): void };

const ROOM_VERBS = [
  'retryOpen',
  'leave',
  'members',
  'addMember',
  'setRole',
  'removeMember',
  'update',
  'destroy',
  'moderation',
] as const satisfies readonly (keyof Room)[];

const MESSAGE_VERBS = [
  'loadOlder',
  'loadNewer',
  'seek',
  'toEnd',
  'send',
  'retry',
  'discard',
  'edit',
  'remove',
  'react',
  'clap',
  'dismiss',
  'markRead',
] as const satisfies readonly (keyof Room)[];

/** The parts of a client: the same objects for the same client, so that its verbs keep their identity. */
export const clientParts = once((client: Client) => ({
  connection: part<ConnectionState, UseConnection>(
    client.connection,
    (state) => state,
    verbs(client, ['connect']),
  ),
  rooms: part<RoomsState, UseRooms>(
    client.rooms,
    (state) => state,
    verbs(client.rooms, ['refresh', 'directory', 'create', 'direct']),
  ),
  notifications: part<NotificationsState, UseNotifications>(
    client.notifications,
    (state) => state,
    verbs(client.notifications, ['refresh', 'loadOlder', 'markRead']),
  ),
  jobs: part<readonly Job[], UseJobs>(
    client.jobs,
    (jobs) => ({ jobs }),
    verbs(client.jobs, ['create', 'cancel', 'refresh', 'result']),
  ),
}));

/** The parts of a room, as `clientParts`. */
export const roomParts = once((room: Room) => ({
  room: part<RoomState, UseRoom>(room.state, (state) => state, { id: room.id, ...verbs(room, ROOM_VERBS) }),
  messages: part<MessagesState, UseMessages>(room.messages, (state) => state, verbs(room, MESSAGE_VERBS)),
  typing: part<readonly Typist[], UseTyping>(room.typing, (typing) => ({ typing }), verbs(room, ['typed'])),
  unread: part<UnreadState, UseUnread>(room.unread, (state) => state, verbs(room, ['markRead'])),
  draft: part<Draft, UseDraft>(room.draft, (state) => state, { set: (draft) => room.setDraft(draft) }),
}));

function once<O extends object, P>(make: (owner: O) => P): (owner: O) => P {
  const made = new WeakMap<O, P>();
  return (owner) => {
    const parts = made.get(owner) ?? make(owner);
    made.set(owner, parts);
    return parts;
  };
}

/** One object for each state, however many ask. */
function part<T extends object, U extends object>(
  readable: Readable<T>,
  face: (state: T) => object,
  acts: Partial<U>,
): Readable<U> {
  const of = once((state: T) => ({ ...face(state), ...acts }) as U);
  return {
    get: () => of(readable.get()),
    first: () => of((readable.first ?? readable.get)()),
    subscribe: readable.subscribe,
  };
}

function verbs<O extends object, K extends keyof O>(owner: O, names: readonly K[]): Pick<O, K> {
  const bound = names.map((name) => [name, (owner[name] as () => unknown).bind(owner)]);
  return Object.fromEntries(bound) as Pick<O, K>;
}
