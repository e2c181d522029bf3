// Stands in until the real one is here.
import { useRoom } from '@belfry/react';
import type { RefObject } from 'react';
export function RoomHead({
  heading,
}: {
  heading: RefObject<HTMLHeadingElement | null>;
  peopleShown: boolean;
  onPeople(): void;
  onAddPeople(): void;
}) {
  const room = useRoom();
  return (
    <header className="room-head">
      <h1 ref={heading} tabIndex={-1}>
        {room.info?.name ?? room.id}
      </h1>
    </header>
  );
}
