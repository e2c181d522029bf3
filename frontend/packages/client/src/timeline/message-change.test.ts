// What a change makes of a message, and what stays the reader's own.
import { expect, it } from 'vitest';
import type { Message } from '../wire.js';
import { amended, arrived } from './message-change.js';

const known: Message = {
  id: 'm1',
  roomId: 'room',
  seq: 1,
  rev: 4,
  userId: 'ada',
  username: 'Ada',
  content: 'Hello @Me, see https://example.org',
  type: 'text',
  timestamp: '2026-01-01T10:00:00.000Z',
  claps: { total: 7, mine: 2 },
  reactions: [{ emoji: '👍', count: 2, mine: true }],
  mentions: ['me'],
  previews: [{ url: 'https://example.org' }],
};
const told = { roomId: 'room', id: 'm1', rev: 5 };

it('takes the reader’s own claps from an event that names them, and keeps them otherwise', () => {
  const claps = { total: 9 };
  const others = amended(known, { ...told, claps, by: [{ userId: 'bo', count: 4 }] }, 'me');
  expect(others.claps).toEqual({ total: 9, mine: 2 });
  const own = amended(known, { ...told, claps, by: [{ userId: 'me', count: 4 }] }, 'me');
  expect(own.claps).toEqual({ total: 9, mine: 4 });
  expect(own.rev).toBe(5);
});

it('sets and takes the reader’s own mark when they reacted, on whichever device', () => {
  const reactions = [
    { emoji: '👍', count: 2 },
    { emoji: '🎉', count: 1 },
  ];
  const event = { ...told, reactions, emoji: '🎉', on: true };
  expect(amended(known, { ...event, userId: 'me' }, 'me').reactions.map(({ mine }) => mine)).toEqual([
    true,
    true,
  ]);
  expect(amended(known, { ...event, userId: 'bo' }, 'me').reactions.map(({ mine }) => mine)).toEqual([
    true,
    false,
  ]);
  const taken = { ...told, reactions: [{ emoji: '👍', count: 1 }], userId: 'me', emoji: '👍', on: false };
  expect(amended(known, taken, 'me').reactions).toEqual([{ emoji: '👍', count: 1, mine: false }]);
});

it('leaves nothing of the text, the names and the links of a deleted message', () => {
  const deletedAt = '2026-01-02T10:00:00.000Z';
  const gone = amended(known, { ...told, seq: 1, deletedAt }, 'me');
  expect(gone).toMatchObject({ content: '', mentions: [], previews: [], deletedAt, rev: 5, seq: 1 });
});

it('keeps what is the reader’s own over an edit, which does not say it, and believes a history, which does', () => {
  const edit = {
    ...known,
    rev: 5,
    content: 'new',
    claps: { total: 8 },
    reactions: [{ emoji: '👍', count: 3 }],
  };
  const edited = amended(known, edit, 'me');
  expect(edited).toMatchObject({ content: 'new', claps: { total: 8, mine: 2 } });
  expect(edited.reactions).toEqual([{ emoji: '👍', count: 3, mine: true }]);
  const fresh = {
    ...edit,
    claps: { total: 8, mine: 0 },
    reactions: [{ emoji: '👍', count: 3, mine: false }],
  };
  expect(amended(known, fresh, 'me')).toEqual(fresh);
});

it('says of a message that nobody has named it the reader’s yet', () => {
  const seen = arrived({ ...known, claps: { total: 1 }, reactions: [{ emoji: '👍', count: 1 }] });
  expect(seen.claps.mine).toBe(0);
  expect(seen.reactions[0]?.mine).toBe(false);
});
