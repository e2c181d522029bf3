// Who is here and who types, by what is told.
import { expect, it } from 'vitest';
import { nobody, type PeopleEvent, peopleReducer } from './people.js';

const user = (id: string) => ({ id, username: id, status: 'online' as const });
const after = (...events: PeopleEvent[]) => events.reduce(peopleReducer, nobody);
const joined: PeopleEvent = {
  type: 'joined',
  answer: { online: [user('ada'), user('bo')], onlineCount: 2, typing: [{ userId: 'bo', username: 'bo' }] },
};
const came = (userId: string): PeopleEvent => ({ type: 'user:joined', userId, username: userId });
const went = (userId: string): PeopleEvent => ({ type: 'user:left', userId });

it('counts each person once, however often they are told', () => {
  expect(after(joined, came('cy'), came('cy'), came('ada')).count).toBe(3);
  expect(after(joined, went('bo'), went('bo'))).toMatchObject({
    count: 1,
    online: [{ id: 'ada' }],
    typing: [],
  });
  expect(after(joined, { type: 'status', userId: 'bo', status: 'offline' }).count).toBe(1);
});

it('takes the count of a large room as it is told, with more people than are named', () => {
  const many = after(joined, { type: 'room:occupancy', online: 5000 });
  expect(many).toMatchObject({ count: 5000, online: [{ id: 'ada' }, { id: 'bo' }] });
  const crowd = Array.from({ length: 1000 }, (_, at) => came(`p${at}`));
  const people = after(joined, ...crowd);
  expect(people.count).toBe(1002);
  expect(people.online.length).toBeLessThan(500);
});

it('leaves nobody typing over a cut', () => {
  expect(after(joined).typing).toHaveLength(1);
  expect(after(joined, { type: 'cut' }).typing).toEqual([]);
});
