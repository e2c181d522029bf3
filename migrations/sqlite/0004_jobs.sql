-- Jobs that wait for a worker, and those given up. A row goes with the commit of its job's result.

CREATE TABLE jobs (
    id          BLOB NOT NULL PRIMARY KEY,
    -- The two parts of the domain's Task, as serde writes them.
    type        TEXT NOT NULL,
    payload     TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CONSTRAINT jobs_state CHECK (state IN ('waiting', 'dead')),
    attempts    INTEGER NOT NULL DEFAULT 0,
    -- Until then nobody else is to be given the job.
    lease_until INTEGER NOT NULL,
    -- When its message was taken, or when it was last handed out; by the clock of whoever did so.
    handed_at   INTEGER NOT NULL,
    last_error  TEXT,
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX jobs_waiting ON jobs (lease_until, id) WHERE state = 'waiting';
CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';
