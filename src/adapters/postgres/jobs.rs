//! Jobs: their rows, by the database's clock; only `handed_at` is by the callers', see [`Sweep::All`].
//!
//! What many jobs go through at once is a database function (`migrations/postgres/0009_job_states.sql`); each decides in one statement.
//! Answers that could be long leave payloads out, and these are read when no row is locked any more: no lock of ours outlives a
//! caller that stands still.

mod files;
mod rows;
mod sweep;

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use self::rows::{is_left_out, job_columns};
use super::{Again, Lane, PostgresStore, Query, fault, rows::Columns};
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

/// Whether the payloads up to this one are no long answer.
macro_rules! short {
    () => {
        "sum(octet_length(j.payload::text)) OVER (ROWS UNBOUNDED PRECEDING) <= 65536"
    };
}

const ADD: &str = "INSERT INTO jobs \
         (id, type, payload, state, owner, priority, max_attempts, run_at, expires_at, handed_at, lease_until) \
     SELECT n.id, n.type, n.payload::json, 'pending', n.owner, n.priority, n.max_attempts, n.run_at, n.expires_at, $9, \
         least(greatest(n.run_at, now()) + $10::bigint * interval '1 ms', n.expires_at) \
     FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::timestamptz[], $8::timestamptz[]) \
         AS n (id, type, payload, owner, priority, max_attempts, run_at, expires_at) \
     ORDER BY n.id ON CONFLICT (id) DO NOTHING";
const START: &str = concat!(
    "SELECT ",
    job_columns!(concat!("CASE WHEN ", short!(), " THEN j.payload::text END")),
    ", j.fence FROM start_jobs($1, $2::bigint * interval '1 ms', $3) j"
);
/// Those of a start that were not started and still wait for their time, which may have come a moment ago.
const EARLY: &str = "SELECT id, run_at, greatest(ceil(extract(epoch FROM run_at - now()) * 1000), 0)::bigint FROM jobs \
     WHERE id = ANY ($1) AND state IN ('waiting', 'pending') AND run_at IS NOT NULL \
     AND (fence > 0 OR coalesce(expires_at > now(), true))";
const KEEP: &str =
    "SELECT id, fence, cancel_asked FROM keep_jobs($1, $2, $3, $4::bigint * interval '1 ms')";
/// A job that is gone is still active in this answer, and can be read nowhere else.
const END: &str = concat!(
    "SELECT ",
    job_columns!(concat!(
        "CASE WHEN j.state = 'active' OR ",
        short!(),
        " THEN j.payload::text END"
    )),
    ", CASE j.state WHEN 'active' THEN now() END \
     FROM end_jobs($1, $2, $3, $4, $5, $6, $7::bigint * interval '1 ms', $8) j"
);
const FINISH: &str = "SELECT finish_jobs($1)";
const CANCEL: &str = concat!(
    "UPDATE jobs j SET state = CASE j.state WHEN 'active' THEN 'active' ELSE 'cancelled' END, \
         cancel_asked = j.state = 'active', run_at = NULL, updated_at = now() \
     WHERE j.id = $1 AND j.state IN ('waiting', 'pending', 'active') AND NOT j.cancel_asked RETURNING ",
    job_columns!()
);
const RETRY: &str = concat!(
    "UPDATE jobs j SET state = CASE WHEN j.priority IS NULL THEN 'waiting' ELSE 'pending' END, \
         attempts = 0, progress = 0, run_at = NULL, expires_at = NULL, cancel_asked = false, \
         lease_until = now() + $2::bigint * interval '1 ms', handed_at = $3, updated_at = now() \
     WHERE j.id = $1 AND j.state = 'dead' RETURNING ",
    job_columns!()
);
const JOB: &str = concat!("SELECT ", job_columns!(), " FROM jobs j WHERE j.id = $1");
const PAYLOADS: &str = "SELECT id, payload::text FROM jobs WHERE id = ANY ($1)";

/// Lists jobs of which the condition holds, as one index has them.
macro_rules! list {
    ($which:literal) => {
        concat!(
            "SELECT ",
            job_columns!(),
            " FROM jobs j WHERE ",
            $which,
            " AND ($1::text IS NULL OR j.owner = $1) \
             AND CASE $2::text WHEN 'waiting' THEN j.state IN ('waiting', 'pending') AND coalesce(j.run_at <= now(), true) \
                 WHEN 'delayed' THEN j.state IN ('waiting', 'pending') AND j.run_at > now() \
                 ELSE coalesce(j.state = $2, true) END \
             AND ($3::text IS NULL OR j.type = $3) AND ($4::uuid IS NULL OR j.id < $4) \
             ORDER BY j.id DESC LIMIT $5"
        )
    };
}
const LIST: &str = list!("true");
const LIST_OWNED: &str = list!("j.owner = $1 AND j.owner IS NOT NULL");
const LIST_DEAD: &str = list!("j.state = 'dead'");

/// Each from an index of its own.
const COUNT: &str = "SELECT (SELECT count(*) FROM jobs WHERE state IN ('waiting', 'pending')), \
     (SELECT count(*) FROM jobs WHERE state = 'active'), (SELECT count(*) FROM jobs WHERE state = 'dead')";

const OPEN: &str =
    "SELECT count(*) FROM jobs WHERE owner = $1 AND state IN ('waiting', 'pending', 'active')";

#[async_trait]
impl JobStore for PostgresStore {
    async fn add_jobs(&self, jobs: &[NewJob]) -> Result<(), BackendError> {
        let each = || jobs.iter();
        let ids: Vec<Uuid> = each().map(|job| job.id.0).collect();
        let kinds: Vec<&str> = each().map(|job| &*job.kind).collect();
        let payloads: Vec<&str> = each().map(|job| &*job.payload).collect();
        let owners: Vec<Option<&str>> = each()
            .map(|job| job.owner.as_ref().map(UserId::as_str))
            .collect();
        let priorities: Vec<&str> = each().map(|job| job.priority.as_str()).collect();
        let most: Vec<i32> = each().map(|job| job.max_attempts).collect();
        let times = |time: fn(&NewJob) -> Option<Timestamp>| -> Vec<_> {
            each()
                .map(|job| time(job).map(Timestamp::to_datetime))
                .collect()
        };
        let (run_at, expires_at) = (times(|job| job.run_at), times(|job| job.expires_at));
        let at = Timestamp::now().to_datetime();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(ADD)
                .bind(&ids)
                .bind(&kinds)
                .bind(&payloads)
                .bind(&owners)
                .bind(&priorities)
                .bind(&most)
                .bind(&run_at)
                .bind(&expires_at)
                .bind(at)
                .bind(millis(FIRST_LEASE))
        });
        self.limited(Operation::Jobs, rows).await.map(drop)
    }

    async fn start_jobs(&self, jobs: &[JobId], lease: Duration) -> Result<Starts, BackendError> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        self.limited(Operation::Jobs, async {
            // Again: what a first try had started unheard is left out, and comes back when its lease has passed.
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(START)
                    .bind(&ids)
                    .bind(millis(lease))
                    .bind(WORKER_GONE)
            });
            let started = |row| {
                let mut columns = Columns::of(row);
                let job = columns.job()?;
                let run = Run {
                    job: job.id,
                    fence: columns.take()?,
                };
                Ok(Started { run, job })
            };
            let started: Vec<Started> =
                rows.await?.iter().map(started).collect::<Result<_, _>>()?;
            let mut starts = Starts::default();
            if started.len() < ids.len() {
                starts.early = self.early(&ids).await?;
            }
            starts.started = self.whole(started, |it| &mut it.job).await?;
            Ok(starts)
        })
        .await
    }

    async fn keep_jobs(&self, runs: &[Keep], lease: Duration) -> Result<Vec<Kept>, BackendError> {
        let mut runs = runs.to_vec();
        // So that several calls at once do not wait for each other in a circle.
        runs.sort_by_key(|keep| keep.run.job);
        let ids: Vec<Uuid> = runs.iter().map(|keep| keep.run.job.0).collect();
        let fences: Vec<i64> = runs.iter().map(|keep| keep.run.fence).collect();
        let progress: Vec<Option<i16>> = runs
            .iter()
            .map(|keep| keep.progress.map(|percent| percent.min(100).into()))
            .collect();
        let rows = self.limited(
            Operation::Jobs,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(KEEP)
                    .bind(&ids)
                    .bind(&fences)
                    .bind(&progress)
                    .bind(millis(lease))
            }),
        );
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
        rows.await?.iter().map(kept).collect()
    }

    async fn end_jobs(&self, ends: &[End]) -> Result<Vec<Job>, BackendError> {
        let of = in_order(ends);
        let ids: Vec<Uuid> = of.iter().map(|end| end.job.0).collect();
        let fences: Vec<i64> = of.iter().map(|end| end.fence).collect();
        let hows: Vec<&str> = of.iter().map(|end| end.how).collect();
        let results: Vec<Option<&str>> = of.iter().map(|end| end.result.as_deref()).collect();
        let errors: Vec<Option<&str>> = of.iter().map(|end| end.error.as_deref()).collect();
        let retries: Vec<Option<i64>> = of.iter().map(|end| end.retry).collect();
        let at = Timestamp::now().to_datetime();
        self.limited(Operation::Jobs, async {
            // Again: what a first try had ended unheard is left out. It stands, and nobody does it once more.
            let rows = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(END)
                    .bind(&ids)
                    .bind(&fences)
                    .bind(&hows)
                    .bind(&results)
                    .bind(&errors)
                    .bind(&retries)
                    .bind(millis(FIRST_LEASE))
                    .bind(at)
            });
            let ended = |row| {
                let mut columns = Columns::of(row);
                let mut job = columns.job()?;
                if let Some(at) = columns.maybe_time()? {
                    let place = of.binary_search_by_key(&job.id, |end| end.job);
                    let result = place.ok().and_then(|place| of[place].result.clone());
                    job = completed(job, result, at);
                }
                Ok(job)
            };
            let ended = rows.await?.iter().map(ended).collect::<Result<_, _>>()?;
            self.whole(ended, |job| job).await
        })
        .await
    }

    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError> {
        let ids: Vec<Uuid> = jobs.iter().map(|job| job.0).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(FINISH).bind(&ids));
        self.limited(Operation::Jobs, rows).await.map(drop)
    }

    async fn cancel_job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let cancel = || sqlx::query(CANCEL).bind(job.0);
        self.limited(Operation::Jobs, self.changed_or_not(job, cancel))
            .await
    }

    async fn retry_job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let at = Timestamp::now().to_datetime();
        let retry = || {
            let query = sqlx::query(RETRY).bind(job.0);
            // Who asks for it may have no way to the queue: the next sweep brings it.
            query.bind(0_i64).bind(at)
        };
        self.limited(Operation::Jobs, self.changed_or_not(job, retry))
            .await
    }

    async fn job(&self, job: JobId) -> Result<Option<Job>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(JOB).bind(job.0));
        one(&self.limited(Operation::Jobs, rows).await?)
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
        let rows = self.limited(
            Operation::Jobs,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(sql)
                    .bind(query.owner.as_ref().map(UserId::as_str))
                    .bind(query.state.map(State::as_str))
                    .bind(query.kind.as_deref())
                    .bind(query.before.map(|job| job.0))
                    .bind(query.limit.max(0))
            }),
        );
        let rows = rows.await?;
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
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(OPEN).bind(owner.as_str())
        });
        let rows = self.limited(Operation::Jobs, rows).await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        Columns::of(row).take()
    }

    async fn count_jobs(&self) -> Result<JobCounts, BackendError> {
        let rows = self.limited(
            Operation::Jobs,
            self.rows(Lane::Rest, Again::Safe, || sqlx::query(COUNT)),
        );
        let rows = rows.await?;
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

impl PostgresStore {
    async fn early(&self, ids: &[Uuid]) -> Result<Vec<Early>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(EARLY).bind(ids));
        let early = |row| {
            let mut columns = Columns::of(row);
            let job = JobId(columns.take()?);
            let run_at = columns.not_before()?.unwrap_or_else(Timestamp::now);
            let wait: i64 = columns.take()?;
            let wait = Duration::from_millis(wait.unsigned_abs());
            Ok(Early { job, run_at, wait })
        };
        rows.await?.iter().map(early).collect()
    }

    /// Makes a move that depends on the job's state: the job after it, or as it is if there was no such move.
    async fn changed_or_not<'q>(
        &self,
        job: JobId,
        change: impl Fn() -> Query<'q>,
    ) -> Result<Option<Job>, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, change).await?;
        if !rows.is_empty() {
            return one(&rows);
        }
        let read = || sqlx::query(JOB).bind(job.0);
        one(&self.rows(Lane::Rest, Again::Safe, read).await?)
    }

    /// Adds the payloads that an answer has left out; without those jobs that are gone meanwhile.
    async fn whole<T>(
        &self,
        mut found: Vec<T>,
        job: fn(&mut T) -> &mut Job,
    ) -> Result<Vec<T>, BackendError> {
        let left_out = found.iter_mut().map(job).filter(|job| is_left_out(job));
        let ids: Vec<Uuid> = left_out.map(|job| job.id.0).collect();
        if ids.is_empty() {
            return Ok(found);
        }
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(PAYLOADS).bind(&ids));
        let mut payloads: HashMap<JobId, String> = HashMap::with_capacity(ids.len());
        for row in rows.await? {
            let mut columns = Columns::of(&row);
            payloads.insert(JobId(columns.take()?), columns.take()?);
        }
        found.retain_mut(|it| {
            let job = job(it);
            if is_left_out(job) {
                job.payload = payloads.remove(&job.id).unwrap_or_default();
            }
            !is_left_out(job)
        });
        Ok(found)
    }
}

fn one(rows: &[PgRow]) -> Result<Option<Job>, BackendError> {
    rows.first().map(|row| Columns::of(row).job()).transpose()
}
