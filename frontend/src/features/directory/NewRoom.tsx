// Stands here until the window does.
interface NewRoomProps {
  onOpenRoom(roomId: string): void;
  onClose(): void;
}

export function NewRoom(_props: NewRoomProps) {
  return null;
}
