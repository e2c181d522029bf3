// Stands here until the room itself does.
import { RoomProvider, useRoom } from '@belfry/react';

export function RoomView({ roomId }: { roomId: string; seq?: number }) {
  return (
    <RoomProvider id={roomId}>
      <Placeholder />
    </RoomProvider>
  );
}

function Placeholder() {
  const { info, id } = useRoom();
  return (
    <main>
      <h1>{info?.name ?? id}</h1>
    </main>
  );
}
