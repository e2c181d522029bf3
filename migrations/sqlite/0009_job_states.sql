-- Jobs of every type: their states, when and how often they are tried, who asked for them, and what came of them.

-- A new table, because a check cannot be changed. The defaults are those of a message's job, which is stored with the message.
CREATE TABLE jobs_of_every_type (
    id           BLOB NOT NULL PRIMARY KEY,
    type         TEXT NOT NULL,
    payload      TEXT NOT NULL,
    -- A delayed one waits with a `run_at` that is to come.
    state        TEXT NOT NULL DEFAULT 'waiting'
        CONSTRAINT jobs_state CHECK (state IN ('waiting', 'active', 'completed', 'dead', 'cancelled')),
    owner        TEXT,
    -- Null for the line of messages.
    priority     TEXT CONSTRAINT jobs_priority CHECK (priority IN ('high', 'normal', 'low')),
    attempts     INTEGER NOT NULL DEFAULT 0,
    max_attempts INTEGER NOT NULL DEFAULT 20,
    progress     INTEGER NOT NULL DEFAULT 0,
    cancel_asked INTEGER NOT NULL DEFAULT 0,
    -- One more with each start; who comes with an older one has lost the job.
    fence        INTEGER NOT NULL DEFAULT 0,
    -- Of an active job, until when its worker holds it; of a waiting one, until when the queue has time to bring it.
    lease_until  INTEGER NOT NULL,
    -- When it was asked for, or when it was last handed out; by the clock of whoever did so.
    handed_at    INTEGER NOT NULL,
    -- Of a job that waits.
    run_at       INTEGER,
    expires_at   INTEGER,
    result       TEXT,
    -- `[attempt, milliseconds since 1970, error]` each, the oldest first.
    failures     TEXT,
    created_at   INTEGER NOT NULL,
    -- Null: never since it was created.
    updated_at   INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO jobs_of_every_type (id, type, payload, state, attempts, lease_until, handed_at, failures, created_at, updated_at)
SELECT id, type, payload, state, attempts, lease_until, handed_at,
    CASE WHEN last_error IS NOT NULL THEN json_array(json_array(attempts, created_at, last_error)) END,
    created_at, CASE state WHEN 'dead' THEN CAST(unixepoch('subsec') * 1000 AS INTEGER) END
FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_of_every_type RENAME TO jobs;

-- All that a sweep looks for: it looks at the active ones and at lines one by one, so a line with a million jobs hides none of another.
CREATE INDEX jobs_open ON jobs (priority, lease_until, id) WHERE state = 'waiting';
CREATE INDEX jobs_active ON jobs (lease_until, id) WHERE state = 'active';
-- What may expire: few, and found however long their lines are.
CREATE INDEX jobs_expiring ON jobs (expires_at, id) WHERE state = 'waiting' AND fence = 0 AND expires_at IS NOT NULL;
CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';
CREATE INDEX jobs_owned ON jobs (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_owned_open ON jobs (owner) WHERE owner IS NOT NULL AND state IN ('waiting', 'active');
CREATE INDEX jobs_ended ON jobs (updated_at) WHERE state IN ('completed', 'dead', 'cancelled');

-- The files that jobs make.
CREATE TABLE job_results (
    job_id BLOB NOT NULL,
    -- Of the run that made it.
    fence  INTEGER NOT NULL,
    part   INTEGER NOT NULL,
    bytes  BLOB NOT NULL,
    PRIMARY KEY (job_id, fence, part)
) STRICT;
-- Which runs have made a file.
CREATE INDEX job_results_files ON job_results (job_id, fence) WHERE part = 0;
