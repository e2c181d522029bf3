// Takes the room events off the connection and hands each to the room that it concerns.
import type { Connection } from './connection.js';
import type { RoomState } from './contract.js';
import type { PeopleEvent } from './people.js';
import type { TimelineEvent } from './timeline/timeline.js';
import type { Clapped, Deletion, History, Message, Reacted, RoomInfo } from './wire.js';

/** Why a room is closed to the user from now on. */
export type Loss = NonNullable<RoomState['loss']>;

export interface RoomListener {
  move(roomId: string, event: TimelineEvent): void;
  movePeople(roomId: string, event: PeopleEvent): void;
  /** A message that was written just now. */
  heard(message: Message): void;
  informed(room: RoomInfo): void;
  /** Nothing more comes from this room. */
  lost(roomId: string, why: Loss): void;
  /** Somebody, perhaps the user on another device, has read up to this `seq`. */
  wasRead(roomId: string, userId: string, lastReadSeq: number): void;
}

type InRoom<T> = T & { roomId: string };

/** What says who is here and who types is taken as the server says it, under another name. */
const OF_PEOPLE = {
  'user:joined': 'came',
  'user:left': 'went',
  'room:occupancy': 'counted',
  'typing:user': 'typing',
  'typing:stop': 'quiet',
} as const;

export function listenToRooms({ on }: Pick<Connection, 'on'>, room: RoomListener): void {
  on('room:history', (history: History) => {
    room.move(history.roomId, { type: 'history', history });
    if (history.room) room.informed(history.room);
  });
  on('message:new', (message: Message) => {
    room.move(message.roomId, { type: 'changed', change: message });
    room.heard(message);
  });
  for (const event of ['message:updated', 'message:deleted', 'message:clapped', 'message:reacted']) {
    on(event, (change: Message | Deletion | Clapped | Reacted) =>
      room.move(change.roomId, { type: 'changed', change }),
    );
  }
  on('room:updated', (changed: RoomInfo) => {
    room.move(changed.id, { type: 'passed', rev: changed.rev });
    room.informed(changed);
  });
  on('room:deleted', ({ roomId }: InRoom<object>) => room.lost(roomId, 'deleted'));
  on('room:removed', ({ roomId, reason }: InRoom<{ reason: string }>) => {
    room.lost(roomId, reason === 'kicked' || reason === 'left' ? reason : 'notAllowed');
  });
  on('room:read', ({ roomId, userId, lastReadSeq }: InRoom<{ userId: string; lastReadSeq: number }>) =>
    room.wasRead(roomId, userId, lastReadSeq),
  );

  for (const [event, type] of Object.entries(OF_PEOPLE)) {
    on(event, ({ roomId, ...told }: InRoom<object>) =>
      room.movePeople(roomId, { ...told, type } as PeopleEvent),
    );
  }
}
