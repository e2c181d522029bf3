-- Notifications of users, and how far each user has read theirs.
--
-- What one says of a message or a room is read from there: only a backend's own words are kept here. No foreign keys: what writes a row
-- reads what it refers to in the same statement, and none of that is ever removed.

CREATE TABLE notifications (
    -- UUIDv7: the order in which they are listed, and their age.
    id         uuid PRIMARY KEY,
    user_id    text COLLATE "C" NOT NULL,
    kind       text NOT NULL
        CONSTRAINT notifications_kind CHECK (kind IN ('mention', 'reply', 'direct', 'invite', 'custom')),
    -- Null for a custom one.
    room_id    text COLLATE "C",
    -- The message and its place; null if it is about none.
    message_id uuid,
    seq        bigint,
    -- Who invited.
    by_user    text COLLATE "C",
    -- A custom one's words.
    title      text,
    body       text,
    created_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX notifications_about ON notifications (message_id, user_id) WHERE message_id IS NOT NULL;
CREATE INDEX notifications_of_user ON notifications (user_id, id);
-- Whoever is added, removed and added again is not told each time.
CREATE INDEX notifications_invites ON notifications (user_id, room_id, created_at) WHERE kind = 'invite';

-- The newest notification up to which the user has read them; null: none.
ALTER TABLE users ADD COLUMN notifications_read uuid;
