// What is unread, and what a room is called.
import { expect, it } from 'vitest';
import { type LiveRoom, namesMe, retold, roomName, unreadCount } from './chat-state.js';
import { nobody } from './people.js';
import { noActs } from './timeline/acts.js';
import { emptyRoom, roomReducer } from './timeline/history.js';
import type { Message, RoomInfo } from './wire.js';

const info: RoomInfo = {
  id: 'garden',
  name: 'Garden',
  topic: 'Beans',
  visibility: 'public',
  rev: 3,
  memberCount: 2,
  lastSeq: 3,
  role: 'owner',
  unread: 4,
  unreadMentions: 1,
  lastReadSeq: 1,
};

const message = (seq: number, mentions: string[] = []): Message => ({
  id: `id-${seq}`,
  roomId: 'garden',
  seq,
  rev: seq,
  userId: 'bo',
  username: 'Bo',
  content: 'text',
  type: 'text',
  timestamp: '2026-01-01T10:00:00.000Z',
  claps: { total: 0 },
  reactions: [],
  mentions,
  previews: [],
});

function room(patch: Partial<LiveRoom> = {}): LiveRoom {
  return {
    id: 'garden',
    info,
    phase: 'live',
    wasLive: true,
    problem: null,
    loss: null,
    history: emptyRoom('me'),
    people: nobody,
    acts: noActs,
    readSeq: 1,
    other: null,
    ...patch,
  };
}

function holding(...messages: Message[]) {
  const history = { roomId: 'garden', rev: messages.length, mode: 'page', messages, hasMore: false } as const;
  return roomReducer(emptyRoom('me'), { type: 'history', history: { ...history, messages: [...messages] } });
}

it('counts what is after the place read: as the list said, until the room itself is held', () => {
  expect(unreadCount(room())).toBe(4);
  const history = holding(message(1), message(2, ['me']), message(3));
  expect(unreadCount(room({ history }))).toBe(2);
  expect(unreadCount(room({ history, readSeq: 3 }))).toBe(0);
  expect(unreadCount(room({ history, phase: 'refused' }))).toBe(0);
});

it('knows whether something unread names the reader', () => {
  expect(namesMe(room(), 'me')).toBe(true);
  const history = holding(message(1), message(2, ['me']), message(3));
  expect(namesMe(room({ history }), 'me')).toBe(true);
  expect(namesMe(room({ history, readSeq: 2 }), 'me')).toBe(false);
});

it('calls a direct room after the other one', () => {
  const direct = room({ info: { ...info, visibility: 'direct', name: 'x' } });
  expect(roomName(direct)).toBe('Direct message');
  const bo = { id: 'bo', username: 'bo', displayName: 'Bo', status: 'online' } as const;
  expect(roomName({ ...direct, other: bo })).toBe('Bo');
});

it('takes a topic away when a room is told without one, and keeps what is the user’s own', () => {
  const { topic: _, role, unread, unreadMentions, lastReadSeq, ...told } = info;
  const now = retold(info, { ...told, name: 'Kitchen garden' });
  expect(now).toEqual({ ...told, name: 'Kitchen garden', role, unread, unreadMentions, lastReadSeq });
});
