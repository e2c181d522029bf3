// How much is unread, by what is held.
import { expect, it } from 'vitest';
import { history, ME, MY_SELF, message } from './room.model.js';
import { emptyTimeline, timelineReducer } from './timeline.js';
import { unreadIn } from './unread.js';

const room = timelineReducer(
  emptyTimeline(MY_SELF, 'room'),
  history(
    'page',
    9,
    [message(7, 7, { mentions: [ME] }), message(8, 8), message(9, 9, { mentions: ['ada', ME] })],
    true,
  ),
);

it('counts what comes after the last one read, and what of it names the user', () => {
  expect(unreadIn(room, 9)).toEqual({ count: 0, mentions: 0, whole: true });
  expect(unreadIn(room, 7)).toEqual({ count: 2, mentions: 1, whole: true });
  expect(unreadIn(room, 6)).toEqual({ count: 3, mentions: 2, whole: true });
});

it('says where it does not know all of it', () => {
  expect(unreadIn(room, 5)).toEqual({ count: 4, mentions: 2, whole: false });
});

it('is none where a position beyond the end has been told', () => {
  expect(unreadIn(room, 12)).toEqual({ count: 0, mentions: 0, whole: true });
});
