// Takes the room events off the connection and hands each to the room that it concerns, where that is known.
import type { Connection } from './connection.js';
import type { RoomState } from './contract.js';
import type { PeopleEvent } from './people.js';
import type { LiveRoom } from './room.js';
import type { Clapped, Deletion, History, Message, Reacted, RoomInfo } from './wire.js';

/** Why a room is closed to the user from now on. */
export type Loss = NonNullable<RoomState['loss']>;

export interface RoomWireScene {
  known(roomId: string): LiveRoom | undefined;
  isMe(userId: string): boolean;
}

type Reading = { userId: string; lastReadSeq: number };

export function listenToRooms(connection: Pick<Connection, 'on'>, { known, isMe }: RoomWireScene): void {
  function on<T>(event: string, take: (room: LiveRoom, told: T) => void) {
    connection.on(event, (told: T & { roomId?: string; id?: string }) => {
      const room = known(told.roomId ?? told.id ?? '');
      if (room) take(room, told);
    });
  }

  on('room:history', ({ move, store }, history: History) => {
    move({ type: 'history', history });
    if (history.room) store.informed(history.room);
  });
  on('message:new', ({ move, store, readUpTo }, message: Message) => {
    const { userId, seq } = message;
    move({ type: 'changed', change: message });
    store.movePeople({ type: 'typing:stop', userId });
    // Sending marks as read, on the server too.
    if (isMe(userId)) readUpTo(seq);
  });
  for (const event of ['message:updated', 'message:deleted', 'message:clapped', 'message:reacted']) {
    on(event, ({ move }, change: Message | Deletion | Clapped | Reacted) =>
      move({ type: 'changed', change }),
    );
  }
  on('room:updated', ({ move, store }, changed: RoomInfo) => {
    move({ type: 'passed', rev: changed.rev });
    store.informed(changed);
  });
  on('room:deleted', ({ lost }) => lost('deleted'));
  on('room:removed', ({ lost }, { reason }: { reason: string }) =>
    lost(reason === 'kicked' || reason === 'left' ? reason : 'notAllowed'),
  );
  // Perhaps by the user on another device.
  on('room:read', ({ readUpTo }, { userId, lastReadSeq }: Reading) => {
    if (isMe(userId)) readUpTo(lastReadSeq);
  });
  for (const type of ['user:joined', 'user:left', 'room:occupancy', 'typing:user', 'typing:stop']) {
    on(type, ({ store }, told: object) => store.movePeople({ ...told, type } as PeopleEvent));
  }
}
