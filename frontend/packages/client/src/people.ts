// Who is in a room now and who is typing: best effort, and true again after each join.
import type { JoinAnswer, Status, Typist, User } from './wire.js';

export interface Person {
  id: string;
  username: string;
  status: Status;
}

export interface People {
  /** At most the first 200 that the join named, and those who came since. */
  online: ReadonlyMap<string, Person>;
  count: number;
  typing: ReadonlyMap<string, string>;
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

export const nobody: People = { online: new Map(), count: 0, typing: new Map() };

export function peopleReducer(people: People, event: PeopleEvent): People {
  switch (event.type) {
    case 'joined': {
      const { online, onlineCount, typing } = event.answer;
      return {
        online: new Map(online.map((user) => [user.id, person(user)])),
        count: onlineCount,
        typing: new Map(typing.map((each) => [each.userId, each.username])),
      };
    }
    case 'came': {
      if (people.online.has(event.userId)) return people;
      const newcomer: Person = { id: event.userId, username: event.username, status: 'online' };
      return {
        ...people,
        online: new Map(people.online).set(event.userId, newcomer),
        count: people.count + 1,
      };
    }
    case 'went':
      return without(people, event.userId);
    case 'status': {
      const known = people.online.get(event.userId);
      if (!known) return people;
      if (event.status === 'offline') return without(people, event.userId);
      return {
        ...people,
        online: new Map(people.online).set(event.userId, { ...known, status: event.status }),
      };
    }
    case 'counted':
      return { ...people, count: event.online };
    case 'typing':
      return {
        ...people,
        typing: new Map(people.typing).set(event.typist.userId, event.typist.username),
      };
    case 'quiet':
      return quiet(people, event.userId);
    case 'cut':
      return people.typing.size === 0 ? people : { ...people, typing: new Map() };
  }
}

/** The line below the messages; empty when nobody else types. */
export function typingSentence(people: People, me: string): string {
  const names = [...people.typing].filter(([id]) => id !== me).map(([, name]) => name);
  const [first, second, third] = names;
  if (!first) return '';
  if (!second) return `${first} is typing…`;
  if (!third) return `${first} and ${second} are typing…`;
  if (names.length === 3) return `${first}, ${second} and ${third} are typing…`;
  return 'Several people are typing…';
}

function person({ id, username, displayName, status }: User): Person {
  return { id, username: displayName ?? username, status };
}

function without(people: People, userId: string): People {
  const rest = quiet(people, userId);
  if (!people.online.has(userId)) return rest;
  const online = new Map(people.online);
  online.delete(userId);
  return { ...rest, online, count: Math.max(0, people.count - 1) };
}

function quiet(people: People, userId: string): People {
  if (!people.typing.has(userId)) return people;
  const typing = new Map(people.typing);
  typing.delete(userId);
  return { ...people, typing };
}
