-- Passwords, when people were last seen, sessions that ended, direct rooms, and the number of members, kept instead of counted.

-- The hash in PHC format; null for who has none (guests, external tokens).
ALTER TABLE users ADD COLUMN password TEXT;
-- The display name in lower case, as Rust makes it: searches find the same on both backends.
ALTER TABLE users ADD COLUMN display_key TEXT;
ALTER TABLE users ADD COLUMN last_seen_at INTEGER;
UPDATE users SET display_key = lower(display_name) WHERE display_name IS NOT NULL;

-- The log-outs, and the families whose tokens were used twice.
CREATE TABLE ended_sessions (
    family     BLOB NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL CONSTRAINT ended_sessions_user REFERENCES users (id),
    logged_out INTEGER NOT NULL,
    at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ended_sessions_at ON ended_sessions (at);
CREATE INDEX refresh_tokens_expiry ON refresh_tokens (expires_at);

-- The two users of a direct room; null for other rooms.
ALTER TABLE rooms ADD COLUMN direct_key TEXT;
CREATE UNIQUE INDEX rooms_direct_key ON rooms (direct_key) WHERE direct_key IS NOT NULL;

CREATE INDEX members_owners ON members (room_id, user_id) WHERE role = 'owner';

-- The number of members: kept by triggers, whoever adds or removes them, and not counted for each reader.
CREATE TABLE room_counts (
    room_id TEXT NOT NULL PRIMARY KEY,
    members INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO room_counts (room_id, members) SELECT room_id, count(*) FROM members GROUP BY room_id;
CREATE TRIGGER members_came AFTER INSERT ON members BEGIN
    INSERT INTO room_counts (room_id, members) VALUES (new.room_id, 1)
    ON CONFLICT (room_id) DO UPDATE SET members = members + 1;
END;
CREATE TRIGGER members_went AFTER DELETE ON members BEGIN
    UPDATE room_counts SET members = members - 1 WHERE room_id = old.room_id;
END;
