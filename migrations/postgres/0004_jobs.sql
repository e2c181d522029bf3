-- Jobs that wait for a worker, and those given up. A row goes with the commit of its job's result.

CREATE TABLE jobs (
    id          uuid PRIMARY KEY,
    -- The two parts of the domain's Task, as serde writes them.
    type        text NOT NULL,
    payload     json NOT NULL,
    state       text NOT NULL DEFAULT 'waiting' CONSTRAINT jobs_state CHECK (state IN ('waiting', 'dead')),
    attempts    integer NOT NULL DEFAULT 0,
    -- Until then nobody else is to be given the job.
    lease_until timestamptz NOT NULL,
    -- When its message was taken, or when it was last handed out; by the clock of whoever did so.
    handed_at   timestamptz NOT NULL,
    last_error  text,
    created_at  timestamptz NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000); -- rows come and go with every message
CREATE INDEX jobs_waiting ON jobs (lease_until, id) WHERE state = 'waiting';
CREATE INDEX jobs_dead ON jobs (id) WHERE state = 'dead';
