// What the switcher offers for what is typed: the user's rooms, people, public rooms, and a room that is not there yet.
import type { RoomInfo, RoomSummary, User } from '@belfry/client';
import { roomIdFrom } from '../../room-id';
import { fits } from './fuzzy';

export type SwitchChoice =
  | { readonly kind: 'room'; readonly key: string; readonly title: string; readonly room: RoomSummary }
  | { readonly kind: 'person'; readonly key: string; readonly title: string; readonly user: User }
  | { readonly kind: 'public'; readonly key: string; readonly title: string; readonly info: RoomInfo }
  | { readonly kind: 'open'; readonly key: string; readonly title: string };

interface Known {
  readonly rooms: readonly RoomSummary[];
  /** Ids, the newest first. */
  readonly recent: readonly string[];
  readonly people: readonly User[];
  readonly publicRooms: readonly RoomInfo[];
  readonly me: string | undefined;
  /** The room that is open: nobody wants to go there. */
  readonly here: string | null;
}

const MOST_ROOMS = 30;

export function choicesFor(text: string, known: Known): SwitchChoice[] {
  const wish = text.trim().replace(/^[#@]/, '');
  const own = ownRooms(wish, known);
  if (wish === '') return own;
  const partners = new Set(known.rooms.map(({ partner }) => partner?.id));
  const people = known.people
    .filter(({ id }) => id !== known.me && !partners.has(id))
    .map((user) => ({ kind: 'person', key: `person ${user.id}`, title: nameOf(user), user }) as const);
  const joined = new Set(known.rooms.map(({ id }) => id));
  const open = known.publicRooms
    .filter(({ id }) => !joined.has(id))
    .map((info) => ({ kind: 'public', key: `room ${info.id}`, title: info.name, info }) as const);
  const found = [...own, ...people, ...open];
  const id = roomIdFrom(
    wish,
    [
      ...known.rooms.filter((room) => room.visibility !== 'direct').map(({ info }) => info),
      ...known.publicRooms,
    ].map(({ id, name }) => ({ id, name })),
  );
  const there = id !== null && (joined.has(id) || known.publicRooms.some((room) => room.id === id));
  return id === null || there ? found : [...found, { kind: 'open', key: `room ${id}`, title: id }];
}

function ownRooms(wish: string, { rooms, recent, here }: Known): SwitchChoice[] {
  const place = new Map(recent.map((id, at) => [id, at]));
  return rooms
    .filter(({ id }) => wish !== '' || id !== here)
    .map((room) => ({
      room,
      score: Math.max(fits(wish, room.title), room.title === room.id ? 0 : fits(wish, room.id) - 1),
    }))
    .filter(({ score }) => score > 0)
    .sort(
      (a, b) =>
        b.score - a.score ||
        (place.get(a.room.id) ?? recent.length) - (place.get(b.room.id) ?? recent.length) ||
        b.room.unreadMentions - a.room.unreadMentions ||
        Number(b.room.unread > 0) - Number(a.room.unread > 0),
    )
    .slice(0, MOST_ROOMS)
    .map(({ room }) => ({ kind: 'room', key: `room ${room.id}`, title: room.title, room }));
}

function nameOf({ username, displayName }: User): string {
  return displayName ?? username;
}
