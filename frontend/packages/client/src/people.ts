// Who is in a room now and who is typing: best effort, and true again after each join.
import type { Person, PresenceState } from './contract.js';
import type { JoinAnswer, Status, Typist, User } from './wire.js';

export interface People extends PresenceState {
  readonly typing: readonly Typist[];
}

export type PeopleEvent =
  | { type: 'joined'; answer: Pick<JoinAnswer, 'online' | 'onlineCount' | 'typing'> }
  | { type: 'came'; userId: string; username: string }
  | { type: 'went'; userId: string }
  | { type: 'status'; userId: string; status: Status }
  | { type: 'counted'; online: number }
  | { type: 'typing'; typist: Typist }
  | { type: 'quiet'; userId: string }
  | { type: 'cut' };

/** Beyond this they are counted, not named. */
const MOST_NAMED = 400;
/** Beyond this nobody reads who is typing. */
const MOST_TYPING = 50;

export const nobody: People = { online: [], count: 0, typing: [] };

export function peopleReducer(people: People, event: PeopleEvent): People {
  switch (event.type) {
    case 'joined': {
      const { online, onlineCount, typing } = event.answer;
      return { online: online.map(person), count: onlineCount, typing: typing.slice(0, MOST_TYPING) };
    }
    case 'came': {
      if (people.online.some(({ id }) => id === event.userId)) return people;
      const newcomer: Person = { id: event.userId, username: event.username, status: 'online' };
      const online = people.online.length < MOST_NAMED ? [...people.online, newcomer] : people.online;
      return { ...people, online, count: people.count + 1 };
    }
    case 'went':
      return without(people, event.userId);
    case 'status': {
      const known = people.online.find(({ id }) => id === event.userId);
      if (!known || known.status === event.status) return people;
      if (event.status === 'offline') return without(people, event.userId);
      const now = { ...known, status: event.status };
      return { ...people, online: people.online.map((each) => (each === known ? now : each)) };
    }
    case 'counted':
      return people.count === event.online ? people : { ...people, count: event.online };
    case 'typing': {
      const others = people.typing.filter(({ userId }) => userId !== event.typist.userId);
      if (others.length < people.typing.length || others.length >= MOST_TYPING) return people;
      return { ...people, typing: [...others, event.typist] };
    }
    case 'quiet':
      return quiet(people, event.userId);
    case 'cut':
      return people.typing.length === 0 ? people : { ...people, typing: [] };
  }
}

function person({ id, username, displayName, status }: User): Person {
  return { id, username, status, ...(displayName === undefined ? {} : { displayName }) };
}

function without(people: People, userId: string): People {
  const rest = quiet(people, userId);
  const online = people.online.filter(({ id }) => id !== userId);
  if (online.length === people.online.length) return rest;
  return { ...rest, online, count: Math.max(0, people.count - 1) };
}

function quiet(people: People, userId: string): People {
  const typing = people.typing.filter((each) => each.userId !== userId);
  return typing.length === people.typing.length ? people : { ...people, typing };
}
