-- Rooms and their members.

CREATE TABLE rooms (
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    -- The name in lower case, as Rust makes it: searches find the same on both backends.
    name_key    TEXT NOT NULL,
    topic       TEXT,
    visibility  TEXT NOT NULL CONSTRAINT rooms_visibility CHECK (visibility IN ('public', 'private', 'direct')),
    created_by  TEXT NOT NULL CONSTRAINT rooms_creator REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    rev         INTEGER NOT NULL DEFAULT 0,
    last_seq    INTEGER NOT NULL DEFAULT 0,
    -- Rises when somebody loses the right to be in the room.
    access_rev  INTEGER NOT NULL DEFAULT 0,
    -- The rev of the last change of name, topic or visibility.
    changed_rev INTEGER NOT NULL DEFAULT 0,
    -- A deleted room keeps its row, so that its id is never used again.
    deleted_at  INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX rooms_public ON rooms (id) WHERE visibility = 'public' AND deleted_at IS NULL;

CREATE TABLE members (
    room_id       TEXT NOT NULL CONSTRAINT members_room REFERENCES rooms (id),
    user_id       TEXT NOT NULL CONSTRAINT members_user REFERENCES users (id),
    role          TEXT NOT NULL CONSTRAINT members_role CHECK (role IN ('owner', 'moderator', 'member')),
    joined_at     INTEGER NOT NULL,
    last_read_seq INTEGER NOT NULL,
    PRIMARY KEY (room_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members (user_id, room_id);
