// What is asked over REST: lists, rooms, members, people, notifications and jobs. Each rejects with a `Problem`.
import type { Rest } from './rest.js';
import type {
  HistoryPage,
  Job,
  JobRequest,
  MembersPage,
  Moderated,
  NotificationsPage,
  Role,
  RoomInfo,
  RoomsPage,
  User,
  Visibility,
} from './wire.js';

/** Where a page of a room's history is. */
export type Place = { before: number } | { after: number } | { around: number };

/** What a room can be given; `topic: null` takes the topic away. */
export interface RoomWish {
  name?: string;
  topic?: string | null;
  visibility?: Visibility;
}

export type Desk = ReturnType<typeof createDesk>;

const PAGE = 50;
const MEMBERS_PAGE = 100;
const PEOPLE_PAGE = 10;
/** Lists are read to their end, but not beyond this. */
const MOST_OWN_ROOMS = 2000;

export function createDesk({ ask, download }: Pick<Rest, 'ask' | 'download'>) {
  const room = (id: string) => `/rooms/${encodeURIComponent(id)}`;
  const member = (id: string, userId: string) => `${room(id)}/members/${encodeURIComponent(userId)}`;
  const job = (id: string) => `/jobs/${encodeURIComponent(id)}`;

  return {
    me: () => ask<User>('/me'),
    rename: (displayName: string | null) => ask<User>('/me', { method: 'PATCH', body: { displayName } }),

    /** The user's rooms; `whole` where there are no more than these. */
    async mine(): Promise<{ rooms: RoomInfo[]; whole: boolean }> {
      const rooms: RoomInfo[] = [];
      let cursor: string | undefined;
      do {
        const query = { scope: 'mine', limit: MOST_OWN_ROOMS, cursor };
        const page: RoomsPage = await ask<RoomsPage>('/rooms', { query });
        rooms.push(...page.rooms);
        cursor = page.nextCursor;
      } while (cursor && rooms.length < MOST_OWN_ROOMS);
      return { rooms, whole: cursor === undefined };
    },
    publicRooms: (q: string, cursor?: string) =>
      ask<RoomsPage>('/rooms', { query: { scope: 'public', limit: PAGE, q: q || undefined, cursor } }),
    createRoom: (wish: { id?: string; name: string; topic?: string; visibility?: Visibility }) =>
      ask<RoomInfo>('/rooms', { method: 'POST', body: wish }),
    direct: (userId: string) => ask<RoomInfo>('/direct', { method: 'POST', body: { userId } }),
    updateRoom: (id: string, wish: RoomWish) => ask<RoomInfo>(room(id), { method: 'PATCH', body: wish }),
    destroyRoom: (id: string) => ask<unknown>(room(id), { method: 'DELETE' }),

    page: (id: string, place: Place) =>
      ask<HistoryPage>(`${room(id)}/messages`, { query: { ...place, limit: PAGE } }),

    members: (id: string, cursor?: string) =>
      ask<MembersPage>(`${room(id)}/members`, { query: { limit: MEMBERS_PAGE, cursor } }),
    addMember: (id: string, userId: string, role?: Role) =>
      ask<unknown>(`${room(id)}/members`, { method: 'POST', body: { userId, ...(role ? { role } : {}) } }),
    setRole: (id: string, userId: string, role: Role) =>
      ask<unknown>(member(id, userId), { method: 'PATCH', body: { role } }),
    removeMember: (id: string, userId: string) => ask<unknown>(member(id, userId), { method: 'DELETE' }),
    moderation: (id: string, before?: number) =>
      ask<{ moderated: Moderated[]; hasMore: boolean }>(`${room(id)}/moderation`, {
        query: { before, limit: PAGE },
      }),

    people: async (q: string) =>
      (await ask<{ users: User[] }>('/users', { query: { q, limit: PEOPLE_PAGE } })).users,
    user: (id: string) => ask<User>(`/users/${encodeURIComponent(id)}`),

    notifications: (cursor?: string) =>
      ask<NotificationsPage>('/notifications', { query: { cursor, limit: PAGE } }),
    readNotifications: (upTo: string) =>
      ask<{ unread: number }>('/notifications/read', { method: 'POST', body: { upTo } }),

    jobs: () => ask<{ jobs: Job[] }>('/jobs', { query: { limit: PAGE } }),
    createJob: (request: JobRequest) =>
      ask<Job>('/jobs', { method: 'POST', body: { payload: {}, ...request } }),
    cancelJob: (id: string) => ask<Job | null>(job(id), { method: 'DELETE' }),
    jobResult: (id: string) => download(`${job(id)}/result`),
  };
}
