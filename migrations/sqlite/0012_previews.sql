-- What links lead to, remembered for a day.

CREATE TABLE link_previews (
    -- SHA-256 of the link.
    url_hash   BLOB NOT NULL PRIMARY KEY,
    -- As JSON; null for a link that leads to nothing.
    preview    TEXT,
    fetched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX link_previews_age ON link_previews (fetched_at);
