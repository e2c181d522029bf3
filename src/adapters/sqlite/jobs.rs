//! Jobs: their rows, by the database's clock; only `handed_at` is by the caller's, see [`Sweep::All`].

mod files;
mod rows;
mod sweep;

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json as value;
use sqlx::sqlite::SqliteRow;

use self::rows::{job_columns, noted_failure};
use super::{
    Query, SqliteStore, commit, fault, fetch,
    rows::{Columns, hex, json, now},
};
use crate::{
    adapters::stored_jobs::{WORKER_GONE, completed, in_order, millis},
    domain::{
        id::{JobId, UserId},
        job::{Job, NewJob, Run, State},
        timestamp::Timestamp,
    },
    metrics::Operation,
    ports::{
        BackendError,
        queue::Line,
        store::{
            Early, End, FIRST_LEASE, JobCounts, JobQuery, JobStore, Keep, Kept, Started, Starts,
            Sweep, Swept,
        },
    },
};

/// The jobs of a JSON array of hexadecimal ids; also part of a commit. Answers for each whether it may have made a file.
pub(super) const FINISH: &str = "DELETE FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND owner IS NULL \
     RETURNING priority IS NOT NULL";
const FINISH_FILES: &str = "DELETE FROM job_results WHERE job_id IN (SELECT unhex(value) FROM json_each(?1)) \
     AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = job_id)";

const ADD: &str = concat!(
    "INSERT INTO jobs (id, type, payload, owner, priority, max_attempts, run_at, expires_at, handed_at, created_at, lease_until) \
     SELECT unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, ?2, ",
    now!(),
    ", min(max(coalesce(value ->> 6, 0), ",
    now!(),
    ") + ?3, coalesce(value ->> 7, 9000000000000000)) FROM json_each(?1) WHERE true ON CONFLICT DO NOTHING"
);
const START: &str = concat!(
    "UPDATE jobs SET state = 'active', attempts = attempts + 1, fence = fence + 1, progress = 0, run_at = NULL, lease_until = ",
    now!(),
    " + ?2, updated_at = ",
    now!(),
    ", failures = CASE state WHEN 'active' THEN ",
    noted_failure!("attempts", "?3"),
    " ELSE failures END \
     WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND attempts < max_attempts AND NOT cancel_asked AND CASE state \
         WHEN 'active' THEN lease_until <= ",
    now!(),
    "    WHEN 'waiting' THEN coalesce(run_at <= ",
    now!(),
    ", true) AND (fence > 0 OR coalesce(expires_at > ",
    now!(),
    ", true)) ELSE false END RETURNING ",
    job_columns!(),
    ", fence"
);
/// Those of a start that were not started and still wait for their time, which may have come a moment ago.
const EARLY: &str = concat!(
    "SELECT id, run_at, max(run_at - ",
    now!(),
    ", 0) FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1)) AND state = 'waiting' AND run_at IS NOT NULL \
         AND (fence > 0 OR coalesce(expires_at > ",
    now!(),
    ", true))"
);
const KEEP: &str = concat!(
    "UPDATE jobs SET lease_until = ",
    now!(),
    " + ?2, progress = coalesce(k.percent, progress), updated_at = CASE WHEN k.percent <> progress THEN ",
    now!(),
    " ELSE updated_at END FROM (SELECT unhex(value ->> 0) AS job, value ->> 1 AS run, value ->> 2 AS percent FROM json_each(?1)) k \
     WHERE id = k.job AND fence = k.run AND state = 'active' RETURNING id, fence, cancel_asked"
);

/// The ends of runs, as a table `e`.
macro_rules! ends {
    () => {
        "(SELECT unhex(value ->> 0) AS job, value ->> 1 AS run, value ->> 2 AS how, value ->> 3 AS came, value ->> 4 AS error, \
             value ->> 5 AS retry FROM json_each(?1)) e"
    };
}
const END_FOR_GOOD: &str = concat!(
    "DELETE FROM jobs WHERE owner IS NULL AND state = 'active' \
     AND (id, fence) IN (SELECT e.job, e.run FROM ",
    ends!(),
    " WHERE e.how = 'completed') RETURNING ",
    job_columns!(),
    ", ",
    now!()
);
const END: &str = concat!(
    "UPDATE jobs SET (state, progress, attempts, run_at, lease_until, handed_at) = ( \
         SELECT CASE WHEN verdict IN ('again', 'back') THEN 'waiting' ELSE verdict END, \
             CASE WHEN verdict = 'completed' THEN 100 WHEN verdict IN ('again', 'back') THEN 0 ELSE progress END, \
             CASE WHEN verdict = 'back' THEN attempts - 1 ELSE attempts END, \
             CASE WHEN verdict = 'again' THEN ",
    now!(),
    "             + e.retry END, \
             CASE WHEN verdict = 'again' THEN ",
    now!(),
    "             + e.retry + ?2 WHEN verdict = 'back' THEN ",
    now!(),
    "             + ?2 ELSE lease_until END, \
             CASE WHEN verdict IN ('again', 'back') THEN ?3 ELSE handed_at END \
         FROM (SELECT CASE \
             WHEN e.how = 'completed' THEN 'completed' WHEN cancel_asked THEN 'cancelled' WHEN e.how <> 'failed' THEN 'back' \
             WHEN e.retry IS NULL OR attempts >= max_attempts THEN 'dead' ELSE 'again' END AS verdict)), \
     cancel_asked = false, result = e.came, failures = CASE e.how WHEN 'failed' THEN ",
    noted_failure!("attempts", "e.error"),
    " ELSE failures END, updated_at = ",
    now!(),
    " FROM ",
    ends!(),
    " WHERE id = e.job AND fence = e.run AND state = 'active' RETURNING ",
    job_columns!()
);

const CANCEL: &str = concat!(
    "UPDATE jobs SET state = CASE state WHEN 'active' THEN 'active' ELSE 'cancelled' END, \
         cancel_asked = state = 'active', run_at = NULL, updated_at = ",
    now!(),
    " WHERE id = ?1 AND state IN ('waiting', 'active') AND NOT cancel_asked RETURNING ",
    job_columns!()
);
const RETRY: &str = concat!(
    "UPDATE jobs SET state = 'waiting', attempts = 0, progress = 0, run_at = NULL, expires_at = NULL, cancel_asked = false, \
         lease_until = ",
    now!(),
    " + ?2, handed_at = ?3, updated_at = ",
    now!(),
    " WHERE id = ?1 AND state = 'dead' RETURNING ",
    job_columns!()
);
const JOB: &str = concat!("SELECT ", job_columns!(), " FROM jobs WHERE id = ?1");

/// Lists jobs of which the condition holds, as one index has them.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT ",
            job_columns!(),
            " FROM jobs WHERE ",
            $which,
            " AND (?1 IS NULL OR owner = ?1) AND CASE ?2 \
                 WHEN 'waiting' THEN state = 'waiting' AND coalesce(run_at <= ",
            now!(),
            ", true) WHEN 'delayed' THEN state = 'waiting' AND run_at > ",
            now!(),
            " ELSE coalesce(state = ?2, true) END \
             AND (?3 IS NULL OR type = ?3) AND (?4 IS NULL OR id < ?4) ORDER BY id DESC LIMIT ?5"
        )
    };
}
const LIST: &str = list!("true");
const LIST_OWNED: &str = list!("owner = ?1 AND owner IS NOT NULL");
const LIST_DEAD: &str = list!("state = 'dead'");

/// Each from an index of its own.
const COUNT: &str = "SELECT (SELECT count(*) FROM jobs WHERE state = 'waiting'), \
     (SELECT count(*) FROM jobs WHERE state = 'active'), (SELECT count(*) FROM jobs WHERE state = 'dead')";

const OPEN: &str = "SELECT count(*) FROM jobs WHERE owner = ?1 AND state IN ('waiting', 'active')";

#[async_trait]
impl JobStore for SqliteStore {
    async fn add_jobs(&self, jobs: &[NewJob]) -> Result<(), BackendError> {
        let jobs = jobs.iter().map(|job| {
            value!([
                hex(job.id.0),
                job.kind,
                job.payload,
                job.owner,
                job.priority.as_str(),
                job.max_attempts,
                job.run_at.map(Timestamp::as_millis),
                job.expires_at.map(Timestamp::as_millis),
            ])
        });
        let add = sqlx::query(ADD)
            .bind(json(&jobs.collect::<Vec<_>>())?)
            .bind(Timestamp::now().as_millis())
            .bind(millis(FIRST_LEASE));
        self.limited(Operation::Jobs, self.write(add)).await
    }

    async fn start_jobs(&self, jobs: &[JobId], lease: Duration) -> Result<Starts, BackendError> {
        let asked = ids(jobs)?;
        let start = sqlx::query(START)
            .bind(&asked)
            .bind(millis(lease))
            .bind(WORKER_GONE);
        let (rows, early) = self
            .limited(Operation::Jobs, async {
                let mut transaction = self.begin().await?;
                let rows = fetch(&mut transaction, start).await?;
                let early = if rows.len() < jobs.len() {
                    fetch(&mut transaction, sqlx::query(EARLY).bind(&asked)).await?
                } else {
                    Vec::new()
                };
                commit(transaction).await?;
                Ok((rows, early))
            })
            .await?;
        let started = |row| {
            let mut columns = Columns::of(row);
            let job = columns.job()?;
            let run = Run {
                job: job.id,
                fence: columns.take()?,
            };
            Ok(Started { run, job })
        };
        let is_early = |row| {
            let mut columns = Columns::of(row);
            let job = JobId(columns.take()?);
            let run_at = columns.time()?;
            let wait: i64 = columns.take()?;
            let wait = Duration::from_millis(wait.unsigned_abs());
            Ok(Early { job, run_at, wait })
        };
        Ok(Starts {
            started: rows.iter().map(started).collect::<Result<_, _>>()?,
            early: early.iter().map(is_early).collect::<Result<_, _>>()?,
        })
    }

    async fn keep_jobs(&self, runs: &[Keep], lease: Duration) -> Result<Vec<Kept>, BackendError> {
        let runs = runs.iter().map(|keep| {
            let percent = keep.progress.map(|percent| percent.min(100));
            (hex(keep.run.job.0), keep.run.fence, percent)
        });
        let keep = sqlx::query(KEEP)
            .bind(json(&runs.collect::<Vec<_>>())?)
            .bind(millis(lease));
        let rows = self.limited(Operation::Jobs, self.change(keep)).await?;
        let kept = |row| {
            let mut columns = Columns::of(row);
            Ok(Kept {
                run: Run {
                    job: JobId(columns.take()?),
                    fence: columns.take()?,
                },
                cancel_asked: columns.take()?,
            })
        };
        rows.iter().map(kept).collect()
    }

    async fn end_jobs(&self, ends: &[End]) -> Result<Vec<Job>, BackendError> {
        let of = in_order(ends);
        let elements = of.iter().map(|end| {
            value!([
                hex(end.job.0),
                end.fence,
                end.how,
                end.result,
                end.error,
                end.retry
            ])
        });
        let elements = json(&elements.collect::<Vec<_>>())?;
        self.limited(Operation::Jobs, async {
            let mut transaction = self.begin().await?;
            let mut ended = Vec::with_capacity(ends.len());
            if of.iter().any(|end| end.how == "completed") {
                let for_good = sqlx::query(END_FOR_GOOD).bind(&elements);
                for row in fetch(&mut transaction, for_good).await? {
                    let mut columns = Columns::of(&row);
                    let job = columns.job()?;
                    let place = of.binary_search_by_key(&job.id, |end| end.job);
                    let result = place.ok().and_then(|place| of[place].result.clone());
                    ended.push(completed(job, result, columns.time()?));
                }
                let gone: Vec<_> = ended.iter().map(|job| job.id).collect();
                let files = sqlx::query(FINISH_FILES).bind(ids(&gone)?);
                fetch(&mut transaction, files).await?;
            }
            let end = sqlx::query(END)
                .bind(&elements)
                .bind(millis(FIRST_LEASE))
                .bind(Timestamp::now().as_millis());
            for row in fetch(&mut transaction, end).await? {
                ended.push(Columns::of(&row).job()?);
            }
            commit(transaction).await?;
            Ok(ended)
        })
        .await
    }

    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError> {
        let jobs = ids(jobs)?;
        self.limited(Operation::Jobs, async {
            let mut transaction = self.begin().await?;
            let mut files = false;
            for row in fetch(&mut transaction, sqlx::query(FINISH).bind(&jobs)).await? {
                files |= Columns::of(&row).take::<bool>()?;
            }
            if files {
                fetch(&mut transaction, sqlx::query(FINISH_FILES).bind(&jobs)).await?;
            }
            commit(transaction).await
        })
        .await
    }

    async fn cancel_job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let cancel = sqlx::query(CANCEL).bind(job.0);
        self.limited(Operation::Jobs, self.changed_or_not(job, cancel))
            .await
    }

    async fn retry_job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let retry = sqlx::query(RETRY)
            .bind(job.0)
            // Who asks for it may have no way to the queue: the next sweep brings it.
            .bind(0_i64)
            .bind(Timestamp::now().as_millis());
        self.limited(Operation::Jobs, self.changed_or_not(job, retry))
            .await
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let read = self.read(sqlx::query(JOB).bind(job.0));
        one(&self.limited(Operation::Jobs, read).await?)
    }

    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, BackendError> {
        let sql = match query {
            JobQuery { owner: Some(_), .. } => LIST_OWNED,
            JobQuery {
                state: Some(State::Dead),
                ..
            } => LIST_DEAD,
            _ => LIST,
        };
        let list = sqlx::query(sql)
            .bind(query.owner.as_ref().map(UserId::as_str))
            .bind(query.state.map(State::as_str))
            .bind(query.kind.as_deref())
            .bind(query.before.map(|job| job.0))
            .bind(query.limit.max(0));
        let rows = self.limited(Operation::Jobs, self.read(list)).await?;
        rows.iter().map(|row| Columns::of(row).job()).collect()
    }

    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lines: &[Line],
        lease: Duration,
        limit: i64,
    ) -> Result<Swept, BackendError> {
        self.limited(Operation::Jobs, self.sweep(sweep, lines, lease, limit))
            .await
    }

    async fn open_jobs(&self, owner: &UserId) -> Result<i64, BackendError> {
        let read = self.read(sqlx::query(OPEN).bind(owner.as_str()));
        let rows = self.limited(Operation::Jobs, read).await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        Columns::of(row).take()
    }

    async fn count_jobs(&self) -> Result<JobCounts, BackendError> {
        let rows = self
            .limited(Operation::Jobs, self.read(sqlx::query(COUNT)))
            .await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        let mut columns = Columns::of(row);
        Ok(JobCounts {
            waiting: columns.take()?,
            active: columns.take()?,
            dead: columns.take()?,
        })
    }

    async fn forget_jobs(&self, after: Duration, limit: i64) -> Result<u64, BackendError> {
        self.limited(Operation::Jobs, self.forget(after, limit))
            .await
    }

    async fn add_result_part(
        &self,
        run: Run,
        part: i32,
        bytes: &[u8],
    ) -> Result<bool, BackendError> {
        self.limited(Operation::Jobs, self.add_part(run, part, bytes))
            .await
    }

    async fn result_part(&self, job: JobId, part: i32) -> Result<Option<Vec<u8>>, BackendError> {
        self.limited(Operation::Jobs, self.part(job, part)).await
    }
}

impl SqliteStore {
    /// Runs one statement as a transaction of its own, and returns its rows.
    async fn change(&self, query: Query<'_>) -> Result<Vec<SqliteRow>, BackendError> {
        let mut transaction = self.begin().await?;
        let rows = fetch(&mut transaction, query).await?;
        commit(transaction).await?;
        Ok(rows)
    }

    /// Makes a move that depends on the job's state: the job after it, or as it is if there was no such move.
    async fn changed_or_not(
        &self,
        job: JobId,
        change: Query<'_>,
    ) -> Result<Option<Job>, BackendError> {
        let mut transaction = self.begin().await?;
        let mut rows = fetch(&mut transaction, change).await?;
        if rows.is_empty() {
            rows = fetch(&mut transaction, sqlx::query(JOB).bind(job.0)).await?;
        }
        commit(transaction).await?;
        one(&rows)
    }
}

/// A parameter that holds these ids.
fn ids(jobs: &[JobId]) -> Result<String, BackendError> {
    json(&jobs.iter().map(|job| hex(job.0)).collect::<Vec<_>>())
}

fn one(rows: &[SqliteRow]) -> Result<Option<Job>, BackendError> {
    rows.first().map(|row| Columns::of(row).job()).transpose()
}
