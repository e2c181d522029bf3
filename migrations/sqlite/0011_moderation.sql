-- What the operator's rules have done to messages, and why: an entry for each text that was judged.

CREATE TABLE moderation (
    room_id     TEXT NOT NULL,
    -- The rev that gave the message the text.
    content_rev INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    message_id  BLOB NOT NULL,
    user_id     TEXT NOT NULL,
    action      TEXT NOT NULL CONSTRAINT moderation_action CHECK (action IN ('mask', 'remove')),
    reason      TEXT NOT NULL,
    at          INTEGER NOT NULL,
    PRIMARY KEY (room_id, content_rev)
) STRICT, WITHOUT ROWID;

-- What is old goes.
CREATE INDEX moderation_age ON moderation (at);
