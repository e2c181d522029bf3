// What the client offers: the whole public surface. Values are `Readable`s; verbs return at once and show what they did in them.
import type { Problem } from './problem.js';
import type { Readable } from './readable.js';
import type { Storage } from './storage.js';
import type {
  ClientEvents,
  Job,
  JobRequest,
  MembersPage,
  Message,
  Moderated,
  Notification,
  Role,
  RoomInfo,
  RoomsPage,
  ServerEvents,
  Status,
  Typist,
  User,
  Visibility,
} from './wire.js';

/** A client is one user's: it presents no token of somebody else's (`refused`). Another user needs another client. */
export interface ClientOptions {
  /** Where the server is: `https://chat.example.org`. In a page that the server itself serves: `location.origin`. */
  url: string;
  /** A token that holds for as long as it is needed; or `getToken`. */
  token?: string;
  /**
   * Asked before each connection and when REST refuses a token; `refused` is the token that the server did not take. Always the same user's.
   * It may reject while there is no way to get one: the client tries again with a growing pause.
   */
  getToken?: (refused?: string) => string | Promise<string>;
  /** Who the token is for, where that is known: what is kept for them can then be shown before the server is reached. Otherwise the token's own `sub` and `name`. */
  user?: Pick<User, 'id' | 'username' | 'displayName'> | null;
  /** Where unsent messages, drafts and the list of rooms are kept; IndexedDB in a browser, memory elsewhere. */
  storage?: Storage;
  /** How many of the user's rooms are followed live without being opened, for their unread counts: 100 if not said, 0 to 400. */
  live?: number;
  /** Socket.IO transports in the order in which they are tried: websocket, then polling. */
  transports?: readonly ('websocket' | 'polling')[];
}

/** Made by `createClient`; does nothing until `connect`. Safe to make where there is no window. */
export interface Client {
  /** `null` until it is known who the token is for. */
  readonly me: Readable<User | null>;
  readonly connection: Readable<ConnectionState>;
  readonly rooms: Rooms;
  readonly notifications: Notifications;
  readonly jobs: Jobs;
  readonly people: Directory;
  /** The same object for the same id; it does nothing until it is opened. */
  room(id: string): Room;
  /** Comes to life: connects, stays connected, sends what waits. May follow a `disconnect`. */
  connect(): void;
  /** Ends the connection and all timers. What is known stays readable. */
  disconnect(): void;
  /** What the others see; the last choice on any device counts. */
  setStatus(status: Exclude<Status, 'offline'>): void;
  /** The name to be shown by; `null` takes it away. Rejects with a `Problem`. */
  setDisplayName(name: string | null): Promise<User>;
  /** Any event of the wire with its acknowledgement; rejects with a `Problem`. For what the client has no verb for. */
  request<E extends keyof ClientEvents>(
    event: E,
    argument: ClientEvents[E]['argument'],
  ): Promise<ClientEvents[E]['answer']>;
  request<T>(event: string, argument: unknown): Promise<T>;
  /** Any event of the server's, also a backend's own; until the returned function is called. */
  on<E extends keyof ServerEvents>(event: E, listener: (payload: ServerEvents[E]) => void): () => void;
  on<T>(event: string, listener: (payload: T) => void): () => void;
}

export interface ConnectionState {
  /** `idle`: not asked to connect. `refused`: the server takes neither the token nor a new one, or the token is another user's; `connect` tries again. */
  readonly status: 'idle' | 'connecting' | 'online' | 'reconnecting' | 'refused';
  readonly problem: Problem | null;
  /** Since when there is no connection, in milliseconds since the epoch by this machine's clock; `null` while there is. */
  readonly downSince: number | null;
  /** How many messages wait to be sent, over all rooms. */
  readonly waiting: number;
  /** `memory`: the browser keeps nothing for this page, so what waits is lost with the page. */
  readonly keeps: 'storage' | 'memory';
}

/** The user's rooms. */
export interface Rooms extends Readable<RoomsState> {
  /** Asks the server again; also done at each connect, when the page is looked at again, and now and then. */
  refresh(): void;
  /** One page of the public rooms whose name has `q` in it. Rejects with a `Problem`, as the verbs below do. */
  directory(q: string, cursor?: string): Promise<RoomsPage>;
  create(wish: { id?: string; name: string; topic?: string; visibility?: Visibility }): Promise<RoomInfo>;
  /** The direct room with that user, made where there is none. */
  direct(userId: string): Promise<RoomInfo>;
}

export interface RoomsState {
  /** `kept`: the list as it was when this device last saw it. */
  readonly status: 'loading' | 'kept' | 'ready' | 'failed';
  readonly problem: Problem | null;
  /** By name; the same object for a room until something about it changes. */
  readonly rooms: readonly RoomSummary[];
  /** Over all rooms. */
  readonly unread: number;
  readonly unreadMentions: number;
}

export interface RoomSummary {
  readonly id: string;
  /** The room's name; in a direct room the other's. */
  readonly title: string;
  readonly visibility: Visibility;
  /** In a direct room: the other one, once known. */
  readonly partner: User | null;
  readonly info: RoomInfo;
  readonly unread: number;
  readonly unreadMentions: number;
  /** Messages of this room that wait to be sent. */
  readonly waiting: number;
  readonly hasDraft: boolean;
}

/** One room. Its verbs work by what is known: an act on a message that is not held does nothing. */
export interface Room {
  readonly id: string;
  readonly state: Readable<RoomState>;
  readonly messages: Readable<MessagesState>;
  /** The others who are typing now. */
  readonly typing: Readable<readonly Typist[]>;
  readonly presence: Readable<PresenceState>;
  readonly unread: Readable<UnreadState>;
  readonly draft: Readable<Draft>;

  /** Joins, and stays joined through cuts, until as many closers were called as there were openings. */
  open(): () => void;
  /** Tries again after a refusal. */
  retryOpen(): void;
  /** Ends the membership. Rejects with a `Problem`. */
  leave(): Promise<void>;

  /** In the list at once; sent in the order written, over cuts and reloads. */
  send(content: string, options?: { replyTo?: string | null }): SentMessage;
  /** Sends a failed message again. */
  retry(key: string): void;
  /** Drops an unsent message. Answers with what it said. */
  discard(key: string): string | null;
  /** An edit or a deletion that the server cannot be asked for now waits, over cuts and in the order asked, for as long as the page lives. */
  edit(messageId: string, content: string): void;
  remove(messageId: string): void;
  /** One clap more; gathered into few packets. */
  clap(messageId: string): void;
  /** Turns the user's own mark on or off. */
  react(messageId: string, emoji: string): void;
  /** Takes the sentence of a failed edit, deletion, clap or reaction away, and what had failed. */
  dismiss(messageId: string): void;

  loadOlder(): void;
  /** Only where `hasNewer`: the list shows a part of the past. */
  loadNewer(): void;
  /** Shows the part of the history around a message, wherever it is; whether it is there. Accepts a `seq` or an id that is held. */
  seek(place: number | string): Promise<boolean>;
  /** Back to the newest messages. */
  toEnd(): void;
  /** Everything up to this `seq` (the newest if not said) has been seen. */
  markRead(seq?: number): void;
  /** The field's text at each change: tells the room that one types, at most once in 3 s, and when one has stopped. */
  typed(text: string): void;
  setDraft(draft: Partial<Draft>): void;

  /** One page of the members. These reject with a `Problem`. */
  members(cursor?: string): Promise<MembersPage>;
  addMember(userId: string, role?: Role): Promise<void>;
  setRole(userId: string, role: Role): Promise<void>;
  removeMember(userId: string): Promise<void>;
  /** `topic: null` takes the topic away. */
  update(wish: { name?: string; topic?: string | null; visibility?: Visibility }): Promise<RoomInfo>;
  /** Ends the room for everybody. */
  destroy(): Promise<void>;
  /** What the operator's rules have done here; for moderators and owners. */
  moderation(before?: number): Promise<{ moderated: Moderated[]; hasMore: boolean }>;
}

export interface RoomState {
  /** `closed`: not opened. `live`: joined, and everything comes. `lost`: it was open and cannot be any more (`loss`). `refused`: see `problem`. */
  readonly status: 'closed' | 'joining' | 'live' | 'refused' | 'lost';
  readonly problem: Problem | null;
  readonly loss: 'deleted' | 'kicked' | 'left' | 'notAllowed' | null;
  /** What is known of it, with the user's own standing; `null` before the first answer. */
  readonly info: RoomInfo | null;
  /** In a direct room: the other one, once known. */
  readonly partner: User | null;
}

export interface MessagesState {
  /** `ready` also while the connection is lost: what is known stays. */
  readonly status: 'idle' | 'loading' | 'ready' | 'failed';
  readonly problem: Problem | null;
  /** Ascending, without gaps or repeats, own unsent ones last. An item is the same object until something in it changes. */
  readonly messages: readonly MessageItem[];
  readonly hasOlder: boolean;
  readonly older: 'idle' | 'loading' | 'failed';
  /** Whether the list ends in the past: after `seek`, until `toEnd` or enough `loadNewer`. */
  readonly hasNewer: boolean;
  readonly newer: 'idle' | 'loading' | 'failed';
  /** Rises when another list took the place of this one (a jump, a reset): a view forgets where it stood. */
  readonly epoch: number;
  /** The newest message of the room, 0 where there is none. */
  readonly lastSeq: number;
}

/** A message with what the user has just done to it. */
export interface MessageItem extends Omit<Message, 'seq' | 'claps' | 'reactions'> {
  /** The same from the moment it is written: before and after it is acknowledged. For lists of elements. */
  readonly key: string;
  /** `null` until it has its place in the list: also for a moment after it was acknowledged, when `state` is `kept`. */
  readonly seq: number | null;
  readonly claps: { readonly total: number; readonly mine: number };
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  /**
   * `waiting`: not acknowledged. `failed`: the server did not take it (`problem`): where `seq` is `null` the message, `retry` or `discard`;
   * otherwise the edit whose text it shows, `edit` again or `dismiss`. `changing`: an edit or deletion is on its way.
   */
  readonly state: 'kept' | 'waiting' | 'failed' | 'changing';
  /** Why the last thing done to it did not work. */
  readonly problem: Problem | null;
}

export interface SentMessage {
  /** The item's `key`, and the wire's `clientId`. */
  readonly key: string;
  /** Settles when the server has acknowledged or refused it; rejects with a `Problem`. Nobody has to wait for it. */
  readonly done: Promise<Message>;
}

export interface PresenceState {
  /** At most the first 200 that the server named, and those who came since. The user included. */
  readonly online: readonly Person[];
  /** How many are there, named or not. */
  readonly count: number;
}

export interface Person {
  readonly id: string;
  readonly username: string;
  readonly displayName?: string;
  readonly status: Status;
}

export interface UnreadState {
  readonly count: number;
  readonly mentions: number;
  /** Everything up to here has been read; `null` until known. */
  readonly lastReadSeq: number | null;
}

export interface Draft {
  readonly text: string;
  /** The message that it answers. */
  readonly replyTo: string | null;
}

export interface Notifications extends Readable<NotificationsState> {
  /** Asks the server again; also done at each connect, and where something may have been missed. */
  refresh(): void;
  loadOlder(): void;
  /** Everything up to that one, all if not said; on all devices. */
  markRead(upTo?: string): void;
  /**
   * Calls for what should catch somebody's eye now: told live (never what was missed and caught up with), at most one for a room in
   * 5 s, and none for a room for which `quiet` says yes.
   */
  onAlert(listener: (notification: Notification) => void, quiet?: (roomId: string) => boolean): () => void;
}

export interface NotificationsState {
  readonly status: 'loading' | 'ready' | 'failed';
  readonly problem: Problem | null;
  /** Newest first. */
  readonly notifications: readonly Notification[];
  /** How many of all are unread, on all devices together. */
  readonly unread: number;
  readonly hasOlder: boolean;
}

/** The user's background jobs: those made here, and those that the server lists. */
export interface Jobs extends Readable<readonly Job[]> {
  /** Rejects with a `Problem`. What becomes of it is in the list. */
  create(request: JobRequest): Promise<Job>;
  cancel(id: string): Promise<void>;
  refresh(): void;
  /** The file of a completed job and the name to keep it under. Rejects with a `Problem`. */
  result(id: string): Promise<{ file: Blob; name: string }>;
}

export interface Directory {
  /** People whose name begins with `q`. Rejects with a `Problem`. */
  search(q: string): Promise<readonly User[]>;
  get(id: string): Promise<User>;
}
