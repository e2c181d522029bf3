// The shapes that the server sends and takes.

export type Status = 'online' | 'away' | 'busy' | 'offline';

export interface User {
  id: string;
  username: string;
  displayName?: string;
  status: Status;
  lastSeen?: string;
}

export type Visibility = 'public' | 'private' | 'direct';

export type Role = 'member' | 'moderator' | 'owner';

/** What is optional from `role` on is the asking member's own, and never in an event. */
export interface RoomInfo {
  id: string;
  name: string;
  topic?: string;
  visibility: Visibility;
  createdBy?: string;
  createdAt?: string;
  rev: number;
  memberCount: number;
  lastSeq: number;
  role?: Role;
  unread?: number;
  unreadMentions?: number;
  lastReadSeq?: number;
}

export type NotificationKind = 'mention' | 'reply' | 'direct' | 'invite' | 'custom';

export interface Notification {
  id: string;
  kind: NotificationKind;
  roomId?: string;
  messageId?: string;
  title: string;
  body: string;
  createdAt: string;
}

export interface NotificationsPage {
  notifications: Notification[];
  unread: number;
  nextCursor?: string;
}

export interface Job {
  id: string;
  type: string;
  state: 'waiting' | 'delayed' | 'active' | 'completed' | 'dead' | 'cancelled';
  progress: number;
  attempts: number;
  maxAttempts: number;
  result?: unknown;
  error?: string;
  createdAt: string;
  updatedAt: string;
}

export interface JobRequest {
  type: string;
  payload?: unknown;
  priority?: 'high' | 'normal' | 'low';
  delayMs?: number;
  expiresMs?: number;
}

/** A message that one of the operator's rules has changed. */
export interface Moderated {
  roomId: string;
  messageId: string;
  seq: number;
  contentRev: number;
  userId: string;
  action: string;
  reason: string;
  at: string;
}

export interface Member {
  user: User;
  role: Role;
  joinedAt: string;
}

/** `mine` is the reader's own, and never in an event. */
export interface Claps {
  total: number;
  mine?: number;
}

/** `mine` is the reader's own, and never in an event. */
export interface Reaction {
  emoji: string;
  count: number;
  mine?: boolean;
}

export interface Preview {
  url: string;
  title?: string;
  description?: string;
  imageUrl?: string;
  siteName?: string;
}

export interface Message {
  id: string;
  roomId: string;
  seq: number;
  rev: number;
  userId: string;
  username: string;
  content: string;
  type: 'text' | 'system' | 'file';
  timestamp: string;
  clientId?: string;
  replyTo?: string;
  editedAt?: string;
  deletedAt?: string;
  claps: Claps;
  reactions: readonly Reaction[];
  mentions: readonly string[];
  previews: readonly Preview[];
}

export interface Deletion {
  roomId: string;
  id: string;
  seq: number;
  rev: number;
  deletedAt: string;
}

export interface Clapped {
  roomId: string;
  id: string;
  rev: number;
  claps: Claps;
  /** Each one's new count. */
  by: readonly { userId: string; count: number }[];
}

export interface Reacted {
  roomId: string;
  id: string;
  rev: number;
  reactions: readonly Reaction[];
  userId: string;
  emoji: string;
  on: boolean;
}

export interface RoomsPage {
  rooms: RoomInfo[];
  nextCursor?: string;
}

export interface MembersPage {
  members: Member[];
  nextCursor?: string;
}

export interface ReadAnswer {
  lastReadSeq: number;
  unread: number;
  unreadMentions: number;
}

export interface History {
  roomId: string;
  rev: number;
  mode: 'page' | 'delta' | 'reset';
  messages: Message[];
  hasMore: boolean;
  room?: RoomInfo;
}

export interface HistoryPage {
  messages: Message[];
  hasMore: boolean;
  rev: number;
}

export interface Typist {
  userId: string;
  username: string;
}

export interface JoinAnswer {
  room: RoomInfo;
  rev: number;
  online: User[];
  onlineCount: number;
  typing: Typist[];
}

export interface SignInAnswer {
  user: User;
  accessToken: string;
  refreshToken: string;
  /** Seconds for which the access token holds. */
  expiresIn: number;
}

export type Code =
  | 'invalid_argument'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'payload_too_large'
  | 'rate_limited'
  | 'unavailable'
  | 'internal';

export interface WireError {
  code: Code;
  message: string;
  retryAfterMs?: number;
}

export type Ack<T> = ({ ok: true } & T) | { ok: false; error: WireError };

/** The most Unicode code points that a message may have. */
export const LONGEST_MESSAGE = 8000;
/** The most characters that a username may have. */
export const LONGEST_NAME = 32;
/** A user's claps on one message stop here. */
export const MOST_CLAPS = 50;
/** The most different emoji under one message. */
export const MOST_EMOJI = 20;
/** The most characters that a room's name and topic may have. */
export const LONGEST_ROOM_NAME = 80;
export const LONGEST_TOPIC = 500;
