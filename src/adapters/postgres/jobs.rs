//! Jobs: the rows that wait for a worker. Leases run by the database's clock; `handed_at` is by the callers', see [`Sweep::All`].

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{Again, Lane, PostgresStore, fault, rows::Columns};
use crate::{
    domain::{
        id::JobId,
        job::{Job, MAX_ATTEMPTS, Task},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        store::{JobCounts, JobStore, Sweep},
    },
};

const FINISH: &str = "DELETE FROM jobs WHERE id = ANY ($1)";

/// Hands out what `due` picks, and sets aside what is out of attempts. `SKIP LOCKED`: no two sweeps at once get the same. It answers
/// no more than ids: a long answer to a caller that stands still would keep the rows locked that a commit is to remove.
macro_rules! sweep {
    ($due:literal) => {
        concat!(
            "WITH due AS ( \
                 SELECT id, lease_until FROM jobs WHERE state = 'waiting' AND ",
            $due,
            "    ORDER BY lease_until, id LIMIT $1 FOR UPDATE SKIP LOCKED \
             ), swept AS ( \
                 UPDATE jobs j SET \
                     state = CASE WHEN j.attempts + 1 < $2 THEN 'waiting' ELSE 'dead' END, \
                     attempts = least(j.attempts + 1, $2), lease_until = now() + $3, handed_at = $4 \
                 FROM due was WHERE j.id = was.id \
                 RETURNING j.id, j.state, was.lease_until AS was \
             ) SELECT id FROM swept WHERE state = 'waiting' ORDER BY was, id"
        )
    };
}
const SWEEP_OVERDUE: &str = sweep!("lease_until <= now()");
const SWEEP_ALL: &str = sweep!("handed_at < $5");

/// In the order of the ids given.
const SWEPT: &str = "SELECT j.id, j.attempts, j.type, j.payload::text \
     FROM unnest($1::uuid[]) WITH ORDINALITY s (id, place) JOIN jobs j ON j.id = s.id ORDER BY s.place";

const FAIL: &str =
    "UPDATE jobs SET last_error = $2, lease_until = now() + $3 WHERE id = $1 AND state = 'waiting'";
const COUNT: &str = "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead') FROM jobs";

#[async_trait]
impl JobStore for PostgresStore {
    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError> {
        let ids: Vec<_> = jobs.iter().map(|job| job.0).collect();
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(FINISH).bind(&ids));
        self.limited(rows).await.map(drop)
    }

    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Job>, BackendError> {
        let now = Timestamp::now().to_datetime();
        self.limited(async {
            // Not again: what the first one handed out would be a lease in nobody's hands.
            let rows = self.rows(Lane::Rest, Again::Unsafe, || {
                let query = |sql| {
                    let query = sqlx::query(sql).bind(limit).bind(MAX_ATTEMPTS);
                    query.bind(lease).bind(now)
                };
                match sweep {
                    Sweep::Overdue => query(SWEEP_OVERDUE),
                    Sweep::All { before } => query(SWEEP_ALL).bind(before.to_datetime()),
                }
            });
            let rows = rows.await?;
            let ids = rows.iter().map(|row| Columns::of(row).take());
            let ids: Vec<Uuid> = ids.collect::<Result<_, _>>()?;
            if ids.is_empty() {
                return Ok(Vec::new());
            }
            let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(SWEPT).bind(&ids));
            rows.await?.iter().map(job).collect()
        })
        .await
    }

    async fn fail_job(
        &self,
        job: JobId,
        error: &str,
        retry_in: Duration,
    ) -> Result<(), BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(FAIL).bind(job.0).bind(error).bind(retry_in)
        });
        self.limited(rows).await.map(drop)
    }

    async fn count_jobs(&self) -> Result<JobCounts, BackendError> {
        let rows = self.limited(self.rows(Lane::Rest, Again::Safe, || sqlx::query(COUNT)));
        let rows = rows.await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        let mut columns = Columns::of(row);
        Ok(JobCounts {
            waiting: columns.take()?,
            dead: columns.take()?,
        })
    }
}

fn job(row: &PgRow) -> Result<Job, BackendError> {
    let mut columns = Columns::of(row);
    let id = JobId(columns.take()?);
    let attempts = columns.take()?;
    let kind: &str = columns.take()?;
    let payload: &str = columns.take()?;
    let task = task(kind, payload).map_err(|error| fault(format!("job {id}: {error}")))?;
    Ok(Job { id, attempts, task })
}

fn task(kind: &str, payload: &str) -> Result<Task, serde_json::Error> {
    let payload: serde_json::Value = serde_json::from_str(payload)?;
    serde_json::from_value(serde_json::json!({ "type": kind, "payload": payload }))
}
