// What is unread, what a room is called, and what is known of it when several say something.
import { describe, expect, it } from 'vitest';
import { retold, titleOf, unreadOf, withoutStanding } from './standing.js';
import { emptyTimeline, timelineReducer } from './timeline/timeline.js';
import type { Message, RoomInfo, User } from './wire.js';

const me: User = { id: 'me', username: 'ada', status: 'online' };
const info: RoomInfo = {
  id: 'garden',
  name: 'Garden',
  topic: 'Beans',
  visibility: 'public',
  createdBy: 'me',
  createdAt: '2026-01-01T10:00:00.000Z',
  rev: 3,
  memberCount: 2,
  lastSeq: 5,
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

function holding(...messages: Message[]) {
  const history = {
    roomId: 'garden',
    rev: 9,
    mode: 'page',
    messages,
    hasMore: (messages[0]?.seq ?? 1) > 1,
  } as const;
  return timelineReducer(emptyTimeline(me, 'garden'), {
    type: 'history',
    history: { ...history, messages: [...messages] },
  });
}

describe('unread', () => {
  it('is as the list said, until the room itself is held', () => {
    const nothing = emptyTimeline(me, 'garden');
    expect(unreadOf(info, 1, nothing)).toEqual({ count: 4, mentions: 1, lastReadSeq: 1 });
    expect(unreadOf(null, null, nothing)).toEqual({ count: 0, mentions: 0, lastReadSeq: null });
  });

  it('is what comes after the place read, wherever that was told', () => {
    const timeline = holding(message(4), message(5), message(6, ['me']));
    expect(unreadOf(info, 3, timeline)).toEqual({ count: 3, mentions: 1, lastReadSeq: 3 });
    expect(unreadOf({ ...info, lastReadSeq: 5 }, 3, timeline)).toEqual({
      count: 1,
      mentions: 1,
      lastReadSeq: 5,
    });
    expect(unreadOf(info, 6, timeline)).toEqual({ count: 0, mentions: 0, lastReadSeq: 6 });
  });

  it('takes the server’s word for mentions before what is held', () => {
    expect(unreadOf({ ...info, unreadMentions: 2 }, 1, holding(message(5, ['me']))).mentions).toBe(2);
    const since = holding(message(5, ['me']), message(6, ['me']));
    expect(unreadOf({ ...info, unreadMentions: 2 }, 1, since).mentions).toBe(3);
  });

  it('is nothing in a room whose member one is not', () => {
    expect(unreadOf(withoutStanding(info), 1, holding(message(5))).count).toBe(0);
  });
});

it('a direct room is called after the other one', () => {
  const direct: RoomInfo = { ...info, visibility: 'direct', name: 'ada, bo' };
  expect(titleOf(direct, null, me)).toBe('bo');
  expect(titleOf(direct, { id: 'bo', username: 'bo', displayName: 'Bo B.', status: 'online' }, me)).toBe(
    'Bo B.',
  );
  expect(titleOf(info, null, me)).toBe('Garden');
});

describe('a room as it was told anew', () => {
  const { topic: _, role: __, unread, unreadMentions, lastReadSeq, ...told } = info;

  it('loses its topic where there is none any more, and keeps what is the user’s own', () => {
    const now = retold(info, { ...told, rev: 4, name: 'Kitchen garden' });
    expect(now).toEqual({ ...info, rev: 4, name: 'Kitchen garden', topic: undefined });
    expect('topic' in now).toBe(false);
  });

  it('is not taken back by an older word, but for the user’s own standing', () => {
    const now = retold(info, { ...info, rev: 2, name: 'Old', role: 'member', lastSeq: 3 });
    expect(now).toEqual({ ...info, role: 'member' });
  });

  it('is the same object where nothing is new', () => {
    expect(retold(info, { ...info })).toBe(info);
    expect(retold(info, { ...told, topic: 'Beans' })).toBe(info);
    expect([unread, unreadMentions, lastReadSeq]).toEqual([4, 1, 1]);
  });
});
