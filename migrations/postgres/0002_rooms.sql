-- Rooms and their members.

CREATE TABLE rooms (
    id          text COLLATE "C" PRIMARY KEY,
    name        text NOT NULL,
    -- The name in lower case, as Rust makes it: searches find the same on both backends.
    name_key    text COLLATE "C" NOT NULL,
    topic       text,
    visibility  text NOT NULL CONSTRAINT rooms_visibility CHECK (visibility IN ('public', 'private', 'direct')),
    created_by  text COLLATE "C" NOT NULL CONSTRAINT rooms_creator REFERENCES users (id),
    created_at  timestamptz NOT NULL,
    rev         bigint NOT NULL DEFAULT 0,
    last_seq    bigint NOT NULL DEFAULT 0,
    -- Rises when somebody loses the right to be in the room.
    access_rev  bigint NOT NULL DEFAULT 0,
    -- The rev of the last change of name, topic or visibility.
    changed_rev bigint NOT NULL DEFAULT 0,
    -- A deleted room keeps its row, so that its id is never used again.
    deleted_at  timestamptz
) WITH (fillfactor = 50); -- every commit changes the row of its room: room for HOT updates
CREATE INDEX rooms_public ON rooms (id) WHERE visibility = 'public' AND deleted_at IS NULL;

-- No foreign key to rooms: its check would lock the room's row, and coming and going must not touch that.
-- Room rows are never removed, and every statement that adds a member reads the room.
CREATE TABLE members (
    room_id       text COLLATE "C" NOT NULL,
    user_id       text COLLATE "C" NOT NULL CONSTRAINT members_user REFERENCES users (id),
    role          text NOT NULL CONSTRAINT members_role CHECK (role IN ('owner', 'moderator', 'member')),
    joined_at     timestamptz NOT NULL,
    last_read_seq bigint NOT NULL,
    PRIMARY KEY (room_id, user_id)
) WITH (fillfactor = 40); -- sending marks as read
CREATE INDEX members_by_user ON members (user_id, room_id);
