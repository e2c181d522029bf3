-- Jobs of every type: their states, when and how often they are tried, who asked for them, and what came of them.
--
-- The functions are statements that many jobs go through at once. Each is planned once, to reach rows by index however small the table
-- was then: a table that was empty a second ago may hold a million rows. See JobStore for what they promise.

ALTER TABLE jobs
    DROP CONSTRAINT jobs_state,
    -- Jobs of messages wait as `waiting`, all others as `pending`: a replica of the version before hands out what is `waiting`, and
    -- knows no other types. A delayed one waits with a `run_at` that is to come.
    ADD CONSTRAINT jobs_state CHECK (state IN ('waiting', 'pending', 'active', 'completed', 'dead', 'cancelled')),
    -- The defaults are those of a message's job, which is stored with the message by functions that know none of these columns.
    ADD COLUMN owner text COLLATE "C",
    -- Null for the line of messages.
    ADD COLUMN priority text CONSTRAINT jobs_priority CHECK (priority IN ('high', 'normal', 'low')),
    ADD COLUMN max_attempts integer NOT NULL DEFAULT 20,
    ADD COLUMN progress smallint NOT NULL DEFAULT 0,
    ADD COLUMN cancel_asked boolean NOT NULL DEFAULT false,
    -- One more with each start; who comes with an older one has lost the job.
    ADD COLUMN fence bigint NOT NULL DEFAULT 0,
    -- Of a job that waits.
    ADD COLUMN run_at timestamptz,
    ADD COLUMN expires_at timestamptz,
    ADD COLUMN result json,
    -- `[attempt, milliseconds since 1970, error]` each, the oldest first.
    ADD COLUMN failures jsonb,
    ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
-- `last_error` is only written by replicas of the version before.
--
-- `lease_until`: of an active job, until when its worker holds it; of a waiting one, until when the queue has time to bring it. A sweep
-- looks at the active ones and at lines one by one: a line with a million jobs hides none of another. Each row is in one of the two,
-- so a message's job costs no more than before.
DROP INDEX jobs_waiting;
CREATE INDEX jobs_open ON jobs (priority, lease_until, id) WHERE state IN ('waiting', 'pending');
CREATE INDEX jobs_active ON jobs (lease_until, id) WHERE state = 'active';
-- What may expire: few, and found however long their lines are.
CREATE INDEX jobs_expiring ON jobs (expires_at, id) WHERE state IN ('waiting', 'pending') AND fence = 0 AND expires_at IS NOT NULL;
CREATE INDEX jobs_owned ON jobs (owner, id) WHERE owner IS NOT NULL;
CREATE INDEX jobs_owned_open ON jobs (owner) WHERE owner IS NOT NULL AND state IN ('waiting', 'pending', 'active');
CREATE INDEX jobs_ended ON jobs (updated_at) WHERE state IN ('completed', 'dead', 'cancelled');

-- The files that jobs make. Not bound to jobs by a foreign key, which each message's job would pay for.
CREATE TABLE job_results (
    job_id uuid NOT NULL,
    -- Of the run that made it.
    fence  bigint NOT NULL,
    part   integer NOT NULL,
    bytes  bytea NOT NULL,
    PRIMARY KEY (job_id, fence, part)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200); -- each row is many in the table beside it
-- Which runs have made a file.
CREATE INDEX job_results_files ON job_results (job_id, fence) WHERE part = 0;

-- A list of failures with one more; 25 is the domain's ATTEMPTS_MAX.
CREATE FUNCTION noted_failure(p_failures jsonb, p_attempt integer, p_error text) RETURNS jsonb
LANGUAGE sql STABLE
AS $$
    SELECT CASE
            WHEN p_failures IS NULL THEN '[]'
            WHEN jsonb_array_length(p_failures) >= 25 THEN p_failures - 0
            ELSE p_failures
        END || jsonb_build_array(jsonb_build_array(p_attempt, floor(extract(epoch FROM now()) * 1000)::bigint, p_error))
$$;

UPDATE jobs SET failures = noted_failure(NULL, attempts, last_error) WHERE last_error IS NOT NULL;

-- The update itself lets one of several starters through: the others wait for the row and then find it started.
CREATE FUNCTION start_jobs(p_ids uuid[], p_lease interval, p_gone text) RETURNS SETOF jobs
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
AS $$
BEGIN
    -- A start that is forgotten is made again: nobody has to wait for the disk.
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN QUERY
    UPDATE jobs j
    SET state = 'active', attempts = j.attempts + 1, fence = j.fence + 1, progress = 0, run_at = NULL,
        lease_until = now() + p_lease, updated_at = now(),
        failures = CASE j.state WHEN 'active' THEN noted_failure(j.failures, j.attempts, p_gone) ELSE j.failures END
    WHERE j.id = ANY (p_ids) AND j.attempts < j.max_attempts AND NOT j.cancel_asked
        AND CASE
            WHEN j.state = 'active' THEN j.lease_until <= now()
            WHEN j.state IN ('waiting', 'pending') THEN
                coalesce(j.run_at <= now(), true) AND (j.fence > 0 OR coalesce(j.expires_at > now(), true))
            ELSE false
        END
    RETURNING j.*;
END
$$;

CREATE FUNCTION keep_jobs(p_ids uuid[], p_fences bigint[], p_progress smallint[], p_lease interval)
RETURNS TABLE (id uuid, fence bigint, cancel_asked boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE jobs j
    SET lease_until = now() + p_lease, progress = coalesce(k.progress, j.progress),
        updated_at = CASE WHEN k.progress <> j.progress THEN now() ELSE j.updated_at END
    FROM unnest(p_ids, p_fences, p_progress) AS k (id, fence, progress)
    WHERE j.id = k.id AND j.fence = k.fence AND j.state = 'active'
    RETURNING j.id, j.fence, j.cancel_asked;
END
$$;

-- p_hows: `completed`, `failed`, `back` or `cancelled`. p_retries: milliseconds. p_at is by the caller's clock, see `handed_at`.
CREATE FUNCTION end_jobs(
    p_ids uuid[], p_fences bigint[], p_hows text[], p_results text[], p_errors text[], p_retries bigint[],
    p_first_lease interval, p_at timestamptz
) RETURNS SETOF jobs
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
    v_gone bigint := 0;
BEGIN
    -- Of a job without an owner nothing is left; the row that is answered is the one that was there.
    IF 'completed' = ANY (p_hows) THEN
        RETURN QUERY
        WITH gone AS (
            DELETE FROM jobs j USING unnest(p_ids, p_fences, p_hows) AS e (id, fence, how)
            WHERE j.id = e.id AND j.fence = e.fence AND j.state = 'active' AND e.how = 'completed' AND j.owner IS NULL
            RETURNING j.*
        ), files AS (
            -- Most have made none: where nobody has, nobody is asked about one by one.
            DELETE FROM job_results r USING gone g
            WHERE EXISTS (SELECT FROM job_results) AND r.job_id = g.id AND g.priority IS NOT NULL
        )
        SELECT * FROM gone;
        GET DIAGNOSTICS v_gone = ROW_COUNT;
    END IF;
    IF v_gone = cardinality(p_ids) THEN
        RETURN;
    END IF;
    RETURN QUERY
    UPDATE jobs j
    SET (state, progress, attempts, run_at, lease_until, handed_at) = (
            SELECT
                CASE
                    WHEN v.verdict NOT IN ('again', 'back') THEN v.verdict
                    WHEN j.priority IS NULL THEN 'waiting'
                    ELSE 'pending'
                END,
                CASE WHEN v.verdict = 'completed' THEN 100 WHEN v.verdict IN ('again', 'back') THEN 0 ELSE j.progress END,
                CASE WHEN v.verdict = 'back' THEN j.attempts - 1 ELSE j.attempts END,
                CASE WHEN v.verdict = 'again' THEN now() + e.retry * interval '1 ms' END,
                CASE
                    WHEN v.verdict = 'again' THEN now() + e.retry * interval '1 ms' + p_first_lease
                    WHEN v.verdict = 'back' THEN now() + p_first_lease
                    ELSE j.lease_until
                END,
                CASE WHEN v.verdict IN ('again', 'back') THEN p_at ELSE j.handed_at END
            FROM (
                SELECT CASE
                    WHEN e.how = 'completed' THEN 'completed'
                    WHEN j.cancel_asked THEN 'cancelled'
                    WHEN e.how <> 'failed' THEN 'back'
                    WHEN e.retry IS NULL OR j.attempts >= j.max_attempts THEN 'dead'
                    ELSE 'again'
                END AS verdict
            ) v
        ),
        cancel_asked = false,
        result = e.result::json,
        failures = CASE e.how WHEN 'failed' THEN noted_failure(j.failures, j.attempts, e.error) ELSE j.failures END,
        updated_at = now()
    FROM unnest(p_ids, p_fences, p_hows, p_results, p_errors, p_retries) AS e (id, fence, how, result, error, retry)
    WHERE j.id = e.id AND j.fence = e.fence AND j.state = 'active' AND NOT (e.how = 'completed' AND j.owner IS NULL)
    RETURNING j.*;
END
$$;

-- Jobs without an owner that are done, started or not.
CREATE FUNCTION finish_jobs(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
    WITH gone AS (
        DELETE FROM jobs WHERE id = ANY (p_ids) AND owner IS NULL RETURNING id, priority
    )
    DELETE FROM job_results r USING gone g WHERE r.job_id = g.id AND g.priority IS NOT NULL;
END
$$;

-- First it takes the rows, and passes over those that somebody else has just then: no two sweeps at once get the same. It answers no
-- more than what to do with each: a long answer to a caller that stands still would keep the rows locked that a commit is to remove.
CREATE FUNCTION sweep_jobs(
    p_lines text[], p_late interval, p_before timestamptz, p_lease interval, p_limit bigint, p_at timestamptz, p_expired text, p_gone text
) RETURNS TABLE (id uuid, state text, priority text, due timestamptz, again boolean)
LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    v_ids uuid[];
    v_some uuid[];
    v_line text;
    -- Without p_before a range of the index is enough. With it only `handed_at` counts, which each hand-out sets: by their leases, the
    -- first would be found again before the last of many was handed out.
    v_reach timestamptz := CASE WHEN p_before IS NULL THEN now() - p_late ELSE 'infinity' END;
    v_before timestamptz := coalesce(p_before, 'infinity');
BEGIN
    SELECT array_agg(f.id) INTO v_ids FROM (
        SELECT j.id FROM jobs j WHERE j.state = 'active' AND j.lease_until <= now()
        ORDER BY j.lease_until, j.id LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) f;
    SELECT array_agg(f.id) INTO v_some FROM (
        SELECT j.id FROM jobs j
        WHERE j.state IN ('waiting', 'pending') AND j.fence = 0 AND j.expires_at IS NOT NULL AND j.expires_at <= now()
        ORDER BY j.expires_at, j.id LIMIT p_limit FOR UPDATE SKIP LOCKED
    ) f;
    v_ids := v_ids || v_some;
    FOREACH v_line IN ARRAY p_lines LOOP
        CONTINUE WHEN cardinality(v_ids) >= p_limit;
        IF v_line = 'messages' THEN
            SELECT array_agg(f.id) INTO v_some FROM (
                SELECT j.id FROM jobs j
                WHERE j.state IN ('waiting', 'pending') AND j.priority IS NULL
                    AND j.lease_until <= v_reach AND j.handed_at < v_before
                ORDER BY j.lease_until, j.id LIMIT p_limit - coalesce(cardinality(v_ids), 0) FOR UPDATE SKIP LOCKED
            ) f;
        ELSE
            SELECT array_agg(f.id) INTO v_some FROM (
                SELECT j.id FROM jobs j
                WHERE j.state IN ('waiting', 'pending') AND j.priority = v_line
                    AND j.lease_until <= v_reach AND j.handed_at < v_before
                ORDER BY j.lease_until, j.id LIMIT p_limit - coalesce(cardinality(v_ids), 0) FOR UPDATE SKIP LOCKED
            ) f;
        END IF;
        v_ids := v_ids || v_some;
    END LOOP;

    RETURN QUERY
    WITH swept AS (
        UPDATE jobs j
        SET (state, progress, run_at, lease_until, handed_at, failures, cancel_asked, updated_at) = (
                SELECT
                    CASE
                        WHEN v.verdict = 'expired' THEN 'dead'
                        WHEN v.verdict IN ('dead', 'cancelled') THEN v.verdict
                        WHEN j.priority IS NULL THEN 'waiting'
                        ELSE 'pending'
                    END,
                    CASE WHEN v.verdict = 'lapsed' THEN 0 ELSE j.progress END,
                    CASE WHEN v.verdict = 'waits' THEN j.run_at END,
                    CASE
                        WHEN v.verdict IN ('waits', 'lapsed') THEN
                            least(greatest(j.run_at, now()) + p_lease, CASE WHEN j.fence = 0 THEN j.expires_at END)
                        ELSE j.lease_until
                    END,
                    CASE WHEN v.verdict IN ('waits', 'lapsed') THEN p_at ELSE j.handed_at END,
                    CASE
                        WHEN v.verdict = 'expired' THEN noted_failure(j.failures, 0, p_expired)
                        WHEN v.verdict IN ('dead', 'lapsed') THEN noted_failure(j.failures, j.attempts, p_gone)
                        ELSE j.failures
                    END,
                    false,
                    CASE WHEN v.verdict = 'waits' THEN j.updated_at ELSE now() END
                FROM (
                    SELECT CASE
                        WHEN j.state <> 'active' AND j.fence = 0 AND j.expires_at <= now() THEN 'expired'
                        WHEN j.state <> 'active' THEN 'waits'
                        WHEN j.cancel_asked THEN 'cancelled'
                        WHEN j.attempts >= j.max_attempts THEN 'dead'
                        ELSE 'lapsed'
                    END AS verdict
                ) v
            )
        FROM unnest(v_ids) WITH ORDINALITY AS f (id, place)
        WHERE j.id = f.id
        RETURNING f.place, j.id, j.state, j.priority, j.run_at, j.fence
    )
    SELECT s.id, s.state, s.priority, CASE WHEN s.run_at > now() THEN s.run_at END, s.priority IS NULL OR s.fence > 0
    FROM swept s ORDER BY s.place;
END
$$;
