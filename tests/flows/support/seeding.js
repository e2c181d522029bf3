// Rooms with more history than anybody would want to send, put into Postgres as commits would have left them.

import pg from 'pg';

/** Gives a room that nobody is live in `count` messages of its author, of some 400 characters each. */
export async function seedHistory(town, room, author, count) {
  const client = new pg.Client({ connectionString: town.settings.DATABASE_URL });
  await client.connect();
  try {
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO messages (room_id, seq, rev, first_rev, content_rev, id, user_id, username, kind, content, created_at)
       SELECT $1, n, n, n, n, gen_random_uuid(), $2, $3, 'text', 'message ' || n || repeat(' — and more', 40),
         now() - make_interval(secs => $4::bigint - n)
       FROM generate_series(1, $4::bigint) AS n`,
      [room, author.id, author.name, count],
    );
    await client.query('UPDATE rooms SET last_seq = $2, rev = $2 WHERE id = $1', [room, count]);
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}
