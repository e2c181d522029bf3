// What stands above the first message of a room.
export function Beginning({ name, empty }: { name: string; empty: boolean }) {
  return (
    <div className="beginning">
      <h2>{name}</h2>
      <p className="soft">
        {empty ? 'Nothing has been said here yet. Write the first message.' : 'This is where it began.'}
      </p>
    </div>
  );
}
