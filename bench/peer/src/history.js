// Messages: each one INSERTed into Postgres, the newest of a room also in a Redis list.

import pg from 'pg';

const KEEP = 100;
export const PAGE = 50;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    id uuid PRIMARY KEY,
    room_id text NOT NULL,
    user_id text NOT NULL,
    username text NOT NULL,
    content text NOT NULL,
    type text NOT NULL,
    client_id text,
    mentions text[],
    created_at timestamptz NOT NULL
  );
  CREATE INDEX IF NOT EXISTS messages_by_room ON messages (room_id, id);
`;

export class History {
  constructor(databaseUrl, poolSize, redis) {
    this.pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize });
    this.redis = redis;
  }

  async migrate() {
    const client = await this.pool.connect();
    try {
      // Several processes start at once.
      await client.query('SELECT pg_advisory_lock(1)');
      await client.query(SCHEMA);
      await client.query('SELECT pg_advisory_unlock(1)');
    } finally {
      client.release();
    }
  }

  // Resolves when the message is committed.
  insert(m) {
    return this.pool.query({
      name: 'insert-message',
      text: `INSERT INTO messages (id, room_id, user_id, username, content, type, client_id, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      values: [m.id, m.roomId, m.userId, m.username, m.content, m.type, m.clientId, m.timestamp],
    });
  }

  remember(message) {
    const key = `room:${message.roomId}:recent`;
    return this.redis
      .pipeline()
      .lpush(key, JSON.stringify(message))
      .ltrim(key, 0, KEEP - 1)
      .exec();
  }

  // The newest page, oldest first.
  async recent(roomId) {
    const cached = await this.redis.lrange(`room:${roomId}:recent`, 0, PAGE - 1);
    if (cached.length > 0) return cached.reverse().map((json) => JSON.parse(json));
    const { rows } = await this.pool.query({
      name: 'recent-messages',
      text: `SELECT id, room_id, user_id, username, content, type, client_id, created_at
             FROM messages WHERE room_id = $1 ORDER BY id DESC LIMIT ${PAGE}`,
      values: [roomId],
    });
    return rows.reverse().map((row) => ({
      id: row.id,
      roomId: row.room_id,
      userId: row.user_id,
      username: row.username,
      content: row.content,
      type: row.type,
      timestamp: row.created_at.toISOString(),
      clientId: row.client_id ?? undefined,
      claps: { total: 0 },
      reactions: [],
      mentions: [],
      previews: [],
    }));
  }

  setMentions(id, mentions) {
    return this.pool.query({
      name: 'set-mentions',
      text: 'UPDATE messages SET mentions = $2 WHERE id = $1',
      values: [id, mentions],
    });
  }

  // For the load generator, after the run.
  async stats() {
    const { rows } = await this.pool.query(
      'SELECT count(*)::int AS messages, count(DISTINCT (user_id, client_id))::int AS "distinct" FROM messages',
    );
    return rows[0];
  }
}
