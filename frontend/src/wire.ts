// The shapes that the server sends and takes, as far as this page uses them.

export type Status = 'online' | 'away' | 'busy' | 'offline';

export interface User {
  id: string;
  username: string;
  displayName?: string;
  status: Status;
}

export interface Room {
  id: string;
  name: string;
  topic?: string;
  memberCount: number;
  lastSeq: number;
  lastReadSeq?: number;
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
  editedAt?: string;
  deletedAt?: string;
  mentions: string[];
}

export interface Deletion {
  roomId: string;
  id: string;
  seq: number;
  rev: number;
  deletedAt: string;
}

export interface History {
  roomId: string;
  rev: number;
  mode: 'page' | 'delta' | 'reset';
  messages: Message[];
  hasMore: boolean;
  room?: Room;
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
  room: Room;
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
