//! Jobs: the rows that wait for a worker. Leases run by the database's clock; `handed_at` is by the caller's, see [`Sweep::All`].

use std::time::Duration;

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, hex, json, now},
};
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

/// The jobs of a JSON array of hexadecimal ids; also part of a commit.
pub(super) const FINISH: &str =
    "DELETE FROM jobs WHERE id IN (SELECT unhex(value) FROM json_each(?1))";

/// Picks what is to be handed out, the one that has waited longest first.
macro_rules! due {
    ($due:expr) => {
        concat!(
            "SELECT id, attempts, type, payload FROM jobs WHERE state = 'waiting' AND ",
            $due,
            " ORDER BY lease_until, id LIMIT ?1"
        )
    };
}
const DUE_OVERDUE: &str = due!(concat!("lease_until <= ", now!()));
const DUE_ALL: &str = due!("handed_at < ?2");

const HAND_OUT: &str = concat!(
    "UPDATE jobs SET \
         state = CASE WHEN attempts + 1 < ?2 THEN 'waiting' ELSE 'dead' END, \
         attempts = min(attempts + 1, ?2), handed_at = ?4, lease_until = ",
    now!(),
    " + ?3 WHERE id IN (SELECT unhex(value) FROM json_each(?1))"
);

const FAIL: &str = concat!(
    "UPDATE jobs SET last_error = ?2, lease_until = ",
    now!(),
    " + ?3 WHERE id = ?1 AND state = 'waiting'"
);
const COUNT: &str = "SELECT count(*) FILTER (WHERE state = 'waiting'), count(*) FILTER (WHERE state = 'dead') FROM jobs";

#[async_trait]
impl JobStore for SqliteStore {
    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError> {
        let ids: Vec<_> = jobs.iter().map(|job| hex(job.0)).collect();
        let finish = sqlx::query(FINISH).bind(json(&ids)?);
        self.limited(self.write(finish)).await
    }

    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Job>, BackendError> {
        self.limited(async {
            let mut transaction = self.begin().await?;
            let due = match sweep {
                Sweep::Overdue => sqlx::query(DUE_OVERDUE).bind(limit.max(0)),
                Sweep::All { before } => sqlx::query(DUE_ALL)
                    .bind(limit.max(0))
                    .bind(before.as_millis()),
            };
            let rows = fetch(&mut transaction, due).await?;
            let swept: Vec<Job> = rows.iter().map(job).collect::<Result<_, _>>()?;
            let ids: Vec<_> = swept.iter().map(|job| hex(job.id.0)).collect();
            let hand_out = sqlx::query(HAND_OUT)
                .bind(json(&ids)?)
                .bind(MAX_ATTEMPTS)
                .bind(millis(lease))
                .bind(Timestamp::now().as_millis());
            fetch(&mut transaction, hand_out).await?;
            commit(transaction).await?;
            let again = swept.into_iter().map(|job| Job {
                attempts: job.attempts + 1,
                ..job
            });
            Ok(again.filter(|job| job.attempts < MAX_ATTEMPTS).collect())
        })
        .await
    }

    async fn fail_job(
        &self,
        job: JobId,
        error: &str,
        retry_in: Duration,
    ) -> Result<(), BackendError> {
        let fail = sqlx::query(FAIL)
            .bind(job.0)
            .bind(error)
            .bind(millis(retry_in));
        self.limited(self.write(fail)).await
    }

    async fn count_jobs(&self) -> Result<JobCounts, BackendError> {
        let rows = self.limited(self.read(sqlx::query(COUNT))).await?;
        let row = rows.first().ok_or_else(|| fault("no row"))?;
        let mut columns = Columns::of(row);
        Ok(JobCounts {
            waiting: columns.take()?,
            dead: columns.take()?,
        })
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

fn job(row: &SqliteRow) -> Result<Job, BackendError> {
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
