// What is asked over REST: lists, rooms, members and people. Each rejects with a `Problem`.
import { request } from './rest.js';
import type { SessionStore } from './session.js';
import type { HistoryPage, MembersPage, Role, RoomInfo, RoomsPage, User, Visibility } from './wire.js';

/** What a room can be given; `topic: null` takes the topic away. */
export interface RoomWish {
  name?: string;
  topic?: string | null;
  visibility?: Visibility;
}

export type Desk = ReturnType<typeof createDesk>;

const PAGE = 50;
/** Lists are read to their end, but not beyond this. */
const MOST_OWN_ROOMS = 2000;

export function createDesk(session: SessionStore) {
  type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

  async function ask<T>(path: string, method: Method = 'GET', body?: unknown): Promise<T> {
    return request<T>(path, { method, body, token: await session.token() });
  }

  const room = (id: string) => `/rooms/${encodeURIComponent(id)}`;
  const member = (id: string, userId: string) => `${room(id)}/members/${encodeURIComponent(userId)}`;

  return {
    async mine(): Promise<RoomInfo[]> {
      const rooms: RoomInfo[] = [];
      let cursor: string | undefined;
      do {
        const page = await ask<RoomsPage>(
          `/rooms?${query({ scope: 'mine', limit: MOST_OWN_ROOMS, cursor })}`,
        );
        rooms.push(...page.rooms);
        cursor = page.nextCursor;
      } while (cursor && rooms.length < MOST_OWN_ROOMS);
      return rooms;
    },
    publicRooms: (q: string, cursor?: string) =>
      ask<RoomsPage>(`/rooms?${query({ scope: 'public', limit: PAGE, q: q || undefined, cursor })}`),
    make: (wish: { name: string; topic?: string; visibility: Visibility }) =>
      ask<RoomInfo>('/rooms', 'POST', wish),
    change: (id: string, wish: RoomWish) => ask<RoomInfo>(room(id), 'PATCH', wish),
    end: (id: string) => ask<unknown>(room(id), 'DELETE'),
    older: (id: string, before: number) =>
      ask<HistoryPage>(`${room(id)}/messages?${query({ before, limit: PAGE })}`),
    members: (id: string, cursor?: string) =>
      ask<MembersPage>(`${room(id)}/members?${query({ limit: 100, cursor })}`),
    addMember: (id: string, userId: string) => ask<unknown>(`${room(id)}/members`, 'POST', { userId }),
    setRole: (id: string, userId: string, role: Role) => ask<unknown>(member(id, userId), 'PATCH', { role }),
    removeMember: (id: string, userId: string) => ask<unknown>(member(id, userId), 'DELETE'),
    people: (q: string) => ask<{ users: User[] }>(`/users?${query({ q, limit: 10 })}`),
    direct: (userId: string) => ask<RoomInfo>('/direct', 'POST', { userId }),
  };
}

function query(values: Record<string, string | number | undefined>): string {
  const said = Object.entries(values).filter(([, value]) => value !== undefined);
  return new URLSearchParams(said.map(([key, value]) => [key, String(value)])).toString();
}
