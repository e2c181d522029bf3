// Who is in a room now and who is typing: best effort, and true again after each join.

import { MOST_NAMED, MOST_TYPING } from './bounds.js';
import type { Person, PresenceState } from './contract.js';
import { filtered, unlessAlike } from './derived.js';
import type { JoinAnswer, Status, Typist, User } from './wire.js';

export interface People extends PresenceState {
  readonly typing: readonly Typist[];
}

export type PeopleEvent =
  | { type: 'joined'; answer: Pick<JoinAnswer, 'online' | 'onlineCount' | 'typing'> }
  | { type: 'user:joined'; userId: string; username: string }
  | { type: 'user:left'; userId: string }
  | { type: 'status'; userId: string; status: Status }
  | { type: 'room:occupancy'; online: number }
  | { type: 'typing:user'; userId: string; username: string }
  | { type: 'typing:stop'; userId: string }
  | { type: 'cut' };

export const nobody: People = { online: [], count: 0, typing: [] };

/** The same object where the event says nothing new. */
export function peopleReducer(people: People, event: PeopleEvent): People {
  return unlessAlike(people, { ...people, ...news(people, event) });
}

function news(people: People, event: PeopleEvent): Partial<People> {
  const { online, count, typing } = people;
  switch (event.type) {
    case 'joined': {
      const { answer } = event;
      return {
        online: answer.online.map(person),
        count: answer.onlineCount,
        typing: answer.typing.slice(0, MOST_TYPING),
      };
    }
    case 'user:joined': {
      const { userId: id, username } = event;
      if (online.some((each) => each.id === id)) return people;
      const newcomer: Person = { id, username, status: 'online' };
      return { online: online.length < MOST_NAMED ? [...online, newcomer] : online, count: count + 1 };
    }
    case 'user:left':
      return without(people, event.userId);
    case 'status': {
      const { userId, status } = event;
      const known = online.find(({ id }) => id === userId);
      if (!known || known.status === status) return people;
      if (status === 'offline') return without(people, userId);
      return { online: online.map((each) => (each === known ? { ...known, status } : each)) };
    }
    case 'room:occupancy':
      return { count: event.online };
    case 'typing:user': {
      const { userId, username } = event;
      const known = typing.length >= MOST_TYPING || typing.some((each) => each.userId === userId);
      return known ? people : { typing: [...typing, { userId, username }] };
    }
    case 'typing:stop':
      return quiet(people, event.userId);
    case 'cut':
      return { typing: filtered(typing, () => false) };
  }
}

function person({ id, username, displayName, status }: User): Person {
  return { id, username, status, ...(displayName === undefined ? {} : { displayName }) };
}

function without(people: People, userId: string): Partial<People> {
  const online = filtered(people.online, ({ id }) => id !== userId);
  const count = online === people.online ? people.count : Math.max(0, people.count - 1);
  return { ...quiet(people, userId), online, count };
}

function quiet({ typing }: People, userId: string): Partial<People> {
  return { typing: filtered(typing, (each) => each.userId !== userId) };
}
