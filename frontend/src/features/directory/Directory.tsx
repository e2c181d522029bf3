// Stands here until the directory does.
interface DirectoryProps {
  addressOf(roomId: string | null): string;
  onOpenRoom(roomId: string): void;
}

export function Directory(_props: DirectoryProps) {
  return (
    <main>
      <h1>Public rooms</h1>
    </main>
  );
}
