-- People, what proves who they are, and settings. Times are milliseconds since 1970; UUIDs and hashes are blobs.

CREATE TABLE users (
    id           TEXT NOT NULL PRIMARY KEY,
    username     TEXT NOT NULL,
    -- The name without case, as the domain's username_key makes it.
    username_key TEXT NOT NULL CONSTRAINT users_username_key UNIQUE,
    display_name TEXT,
    created_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE refresh_tokens (
    hash       BLOB NOT NULL PRIMARY KEY,
    family     BLOB NOT NULL,
    user_id    TEXT NOT NULL CONSTRAINT refresh_tokens_user REFERENCES users (id),
    expires_at INTEGER NOT NULL,
    -- A token is used once; it stays so that a second use is noticed.
    used_at    INTEGER,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);

CREATE TABLE settings (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
