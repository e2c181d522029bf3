-- Messages in their current state: an edit or an enrichment changes the row and gives it the room's next rev.
--
-- No foreign keys: the only writer is the commit, which holds the room's row and has read the member's in the same transaction;
-- a check a row would cost more than the insert.

CREATE TABLE messages (
    room_id     text COLLATE "C" NOT NULL,
    seq         bigint NOT NULL,
    rev         bigint NOT NULL,
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
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX messages_client_id ON messages (room_id, user_id, client_id) WHERE client_id IS NOT NULL;
CREATE INDEX messages_rev ON messages (room_id, rev);
-- Few messages mention anybody: unread mentions are counted over this, and other inserts do not pay for it.
CREATE INDEX messages_with_mentions ON messages (room_id, seq) WHERE mentions IS NOT NULL;
