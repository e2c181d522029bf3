-- What links lead to, remembered for a day.

CREATE TABLE link_previews (
    -- SHA-256 of the link: links are longer than an index takes.
    url_hash   bytea PRIMARY KEY,
    -- As JSON; null for a link that leads to nothing.
    preview    text,
    fetched_at timestamptz NOT NULL
);
CREATE INDEX link_previews_age ON link_previews (fetched_at);
