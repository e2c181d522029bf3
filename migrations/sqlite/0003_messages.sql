-- Messages in their current state: an edit or an enrichment changes the row and gives it the room's next rev.

CREATE TABLE messages (
    room_id     TEXT NOT NULL,
    seq         INTEGER NOT NULL,
    rev         INTEGER NOT NULL,
    -- The rev that it came with.
    first_rev   INTEGER NOT NULL,
    -- The rev that gave the message its present text.
    content_rev INTEGER NOT NULL,
    id          BLOB NOT NULL CONSTRAINT messages_id UNIQUE,
    user_id     TEXT NOT NULL,
    -- The author's name when it was written.
    username    TEXT NOT NULL,
    kind        TEXT NOT NULL,
    content     TEXT NOT NULL,
    client_id   TEXT,
    reply_to    BLOB,
    created_at  INTEGER NOT NULL,
    edited_at   INTEGER,
    deleted_at  INTEGER,
    -- JSON arrays; null while nothing has been found.
    mentions    TEXT,
    previews    TEXT,
    PRIMARY KEY (room_id, seq)
) STRICT;
CREATE UNIQUE INDEX messages_client_id ON messages (room_id, user_id, client_id) WHERE client_id IS NOT NULL;
-- As long as they are unchanged, messages have their revs in the order of seq, so only changed ones need an index by rev.
CREATE INDEX messages_changed ON messages (room_id, rev) WHERE rev > first_rev;

-- Who is mentioned where, once more: unread mentions are counted without a look at the messages.
CREATE TABLE mentions (
    room_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id, seq)
) STRICT, WITHOUT ROWID;
