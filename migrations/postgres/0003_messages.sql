-- Messages in their current state: an edit or an enrichment changes the row and gives it the room's next rev.
--
-- No foreign keys: the only writer is the commit, which holds the room's row and has read the member's in the same transaction;
-- a check a row would cost more than the insert.

CREATE TABLE messages (
    room_id     text COLLATE "C" NOT NULL,
    seq         bigint NOT NULL,
    rev         bigint NOT NULL,
    -- The rev that it came with.
    first_rev   bigint NOT NULL,
    -- The rev that gave the message its present text.
    content_rev bigint NOT NULL,
    id          uuid NOT NULL CONSTRAINT messages_id UNIQUE,
    user_id     text COLLATE "C" NOT NULL,
    -- The author's name when it was written.
    username    text NOT NULL,
    kind        text NOT NULL,
    content     text NOT NULL,
    client_id   text COLLATE "C",
    reply_to    uuid,
    created_at  timestamptz NOT NULL,
    edited_at   timestamptz,
    deleted_at  timestamptz,
    -- Arrays; null while nothing has been found.
    mentions    jsonb,
    previews    jsonb,
    PRIMARY KEY (room_id, seq)
);
-- In this order, so that a look-up by clientId has no other index to take: see the commit.
CREATE UNIQUE INDEX messages_client_id ON messages (client_id, user_id, room_id) WHERE client_id IS NOT NULL;
-- As long as they are unchanged, messages have their revs in the order of seq, so only changed ones need an index by rev.
CREATE INDEX messages_changed ON messages (room_id, rev) WHERE rev > first_rev;

-- Who is mentioned where, once more: unread mentions are counted without a look at the messages.
CREATE TABLE mentions (
    room_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    seq     bigint NOT NULL,
    PRIMARY KEY (room_id, user_id, seq)
);
