-- What people do with messages beside sending them, and with rooms.

ALTER TABLE messages ADD COLUMN claps_total INTEGER NOT NULL DEFAULT 0;
-- [{ emoji, count }] in the order in which they were first chosen; null while nobody has reacted.
ALTER TABLE messages ADD COLUMN reactions TEXT;

-- Which RoomDeletion ended the room: a repeat of it is told from somebody else's.
ALTER TABLE rooms ADD COLUMN deletion BLOB;

CREATE TABLE claps (
    message_id BLOB NOT NULL,
    user_id    TEXT NOT NULL,
    count      INTEGER NOT NULL,
    PRIMARY KEY (message_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE reactions (
    message_id BLOB NOT NULL,
    user_id    TEXT NOT NULL,
    emoji      TEXT NOT NULL,
    PRIMARY KEY (message_id, user_id, emoji)
) STRICT, WITHOUT ROWID;

-- Ids of changes that have been made and must not be made twice. Nobody asks again after an hour.
CREATE TABLE batches (
    id BLOB NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX batches_by_age ON batches (at);
