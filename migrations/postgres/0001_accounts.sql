-- People, what proves who they are, and settings that all replicas share.
-- Identifiers compare byte by byte (COLLATE "C"): the same order as in SQLite and in Rust, and the cheapest.

CREATE TABLE users (
    id           text COLLATE "C" PRIMARY KEY,
    username     text NOT NULL,
    -- The name without case, as the domain's username_key makes it.
    username_key text COLLATE "C" NOT NULL CONSTRAINT users_username_key UNIQUE,
    display_name text,
    created_at   timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE refresh_tokens (
    hash       bytea PRIMARY KEY,
    family     uuid NOT NULL,
    user_id    text COLLATE "C" NOT NULL CONSTRAINT refresh_tokens_user REFERENCES users (id),
    expires_at timestamptz NOT NULL,
    -- A token is used once; it stays so that a second use is noticed.
    used_at    timestamptz,
    revoked_at timestamptz
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);

CREATE TABLE settings (
    key   text COLLATE "C" PRIMARY KEY,
    value bytea NOT NULL
);
