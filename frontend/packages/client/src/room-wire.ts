// Takes the room events off the socket and hands each to the reducer that it concerns.
import type { Socket } from 'socket.io-client';
import type { PeopleEvent } from './people.js';
import type { RoomEvent } from './timeline/history.js';
import type { Clapped, Deletion, History, Message, Reacted, RoomInfo, Typist } from './wire.js';

/** Why a room is closed to the user from now on. */
export type Loss = 'deleted' | 'kicked' | 'left' | 'notAllowed';

export interface RoomListener {
  move(roomId: string, event: RoomEvent): void;
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

export function listenToRooms(socket: Socket, room: RoomListener): void {
  socket.on('room:history', (history: History) => {
    room.move(history.roomId, { type: 'history', history });
    if (history.room) room.informed(history.room);
  });
  socket.on('message:new', (message: Message) => {
    room.move(message.roomId, { type: 'changed', change: message });
    room.heard(message);
  });
  socket.on('message:updated', (message: Message) => {
    room.move(message.roomId, { type: 'changed', change: message });
  });
  socket.on('message:deleted', (deletion: Deletion) => {
    room.move(deletion.roomId, { type: 'changed', change: deletion });
  });
  for (const event of ['message:clapped', 'message:reacted']) {
    socket.on(event, (change: Clapped | Reacted) => room.move(change.roomId, { type: 'changed', change }));
  }
  socket.on('room:updated', (changed: RoomInfo) => {
    room.move(changed.id, { type: 'passed', rev: changed.rev });
    room.informed(changed);
  });
  socket.on('room:deleted', ({ roomId }: InRoom<object>) => room.lost(roomId, 'deleted'));
  socket.on('room:removed', ({ roomId, reason }: InRoom<{ reason: string }>) => {
    room.lost(roomId, reason === 'kicked' || reason === 'left' ? reason : 'notAllowed');
  });
  socket.on('room:read', ({ roomId, userId, lastReadSeq }: InRoom<{ userId: string; lastReadSeq: number }>) =>
    room.wasRead(roomId, userId, lastReadSeq),
  );

  socket.on('user:joined', ({ roomId, userId, username }: InRoom<Typist>) =>
    room.movePeople(roomId, { type: 'came', userId, username }),
  );
  socket.on('user:left', ({ roomId, userId }: InRoom<Typist>) =>
    room.movePeople(roomId, { type: 'went', userId }),
  );
  socket.on('room:occupancy', ({ roomId, online }: InRoom<{ online: number }>) =>
    room.movePeople(roomId, { type: 'counted', online }),
  );
  socket.on('typing:user', ({ roomId, ...typist }: InRoom<Typist>) =>
    room.movePeople(roomId, { type: 'typing', typist }),
  );
  socket.on('typing:stop', ({ roomId, userId }: InRoom<{ userId: string }>) =>
    room.movePeople(roomId, { type: 'quiet', userId }),
  );
}
