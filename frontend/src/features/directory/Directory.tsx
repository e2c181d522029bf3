// Stands here until the directory does.
export function Directory() {
  return (
    <main>
      <h1>Public rooms</h1>
    </main>
  );
}
