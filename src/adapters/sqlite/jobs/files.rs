//! The files that jobs make, and the forgetting of both.

use std::time::{Duration, Instant};

use super::super::{
    SqliteStore, commit, fetch,
    rows::{Columns, now},
};
use crate::{
    adapters::stored_jobs::{PARTS_AT_ONCE, millis},
    domain::{id::JobId, job::Run},
    ports::{BackendError, store::FILES_KEPT},
};

const HELD: &str = "SELECT 1 FROM jobs WHERE id = ?1 AND fence = ?2 AND state = 'active'";
const FORGET_EARLIER: &str = "DELETE FROM job_results WHERE job_id = ?1 AND fence < ?2";
const ADD: &str = "INSERT INTO job_results (job_id, fence, part, bytes) VALUES (?1, ?2, ?3, ?4) \
     ON CONFLICT DO UPDATE SET bytes = excluded.bytes";
const PART: &str = "SELECT r.bytes FROM jobs j JOIN job_results r ON r.job_id = j.id AND r.fence = j.fence \
     WHERE j.id = ?1 AND j.state = 'completed' AND r.part = ?2";

/// Of jobs that will never be read, from the end, so that they are found by their first parts until nothing is left. Files are few and
/// jobs may be many: the join begins with the files.
const FORGET_LEFT: &str = "DELETE FROM job_results WHERE rowid IN (SELECT r.rowid FROM job_results r JOIN ( \
         SELECT j.id FROM job_results f INDEXED BY job_results_files CROSS JOIN jobs j ON j.id = f.job_id \
         WHERE f.part = 0 AND j.state IN ('dead', 'cancelled') LIMIT 8 \
     ) l ON r.job_id = l.id ORDER BY r.part DESC LIMIT ?1) RETURNING 1";
/// Makes those old of which their owners have too many.
const TOO_MANY: &str = concat!(
    "UPDATE jobs SET updated_at = ",
    now!(),
    " - ?1 WHERE updated_at > ",
    now!(),
    " - ?1 AND id IN (SELECT id FROM ( \
         SELECT j.id, row_number() OVER (PARTITION BY j.owner ORDER BY j.updated_at DESC, j.id DESC) AS place \
         FROM job_results f INDEXED BY job_results_files CROSS JOIN jobs j ON j.id = f.job_id AND j.fence = f.fence \
         WHERE f.part = 0 AND j.state = 'completed' \
     ) WHERE place > ?2)"
);
/// The jobs that ended so long ago, as many as are to be forgotten.
macro_rules! old {
    () => {
        concat!(
            "SELECT id FROM jobs WHERE state IN ('completed', 'dead', 'cancelled') AND updated_at <= ",
            now!(),
            " - ?1 AND (state <> 'dead' OR updated_at <= ",
            now!(),
            " - ?1 * 4) ORDER BY updated_at LIMIT ?2"
        )
    };
}
/// First the first parts: who begins to read the file then does not take half of it for all.
const FORGET_PARTS: &str = concat!(
    "DELETE FROM job_results WHERE rowid IN (SELECT r.rowid FROM job_results r JOIN (",
    old!(),
    ") o ON r.job_id = o.id ORDER BY r.part LIMIT ?3) RETURNING 1"
);
const FORGET: &str = concat!(
    "DELETE FROM jobs WHERE id IN (",
    old!(),
    ") AND NOT EXISTS (SELECT 1 FROM job_results WHERE job_id = id) RETURNING 1"
);
/// How long files are taken apart, of either kind, before the jobs whose parts are gone are forgotten; the others follow next time.
const FORGETTING: Duration = Duration::from_secs(1);

impl SqliteStore {
    pub(super) async fn add_part(
        &self,
        run: Run,
        part: i32,
        bytes: &[u8],
    ) -> Result<bool, BackendError> {
        let mut transaction = self.begin().await?;
        let held = sqlx::query(HELD).bind(run.job.0).bind(run.fence);
        if fetch(&mut transaction, held).await?.is_empty() {
            return Ok(false);
        }
        if part == 0 {
            let earlier = sqlx::query(FORGET_EARLIER).bind(run.job.0).bind(run.fence);
            fetch(&mut transaction, earlier).await?;
        }
        let add = sqlx::query(ADD).bind(run.job.0).bind(run.fence);
        fetch(&mut transaction, add.bind(part).bind(bytes)).await?;
        commit(transaction).await?;
        Ok(true)
    }

    pub(super) async fn part(
        &self,
        job: JobId,
        part: i32,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        let rows = self.read(sqlx::query(PART).bind(job.0).bind(part)).await?;
        rows.first().map(|row| Columns::of(row).take()).transpose()
    }

    pub(super) async fn forget(&self, after: Duration, limit: i64) -> Result<u64, BackendError> {
        let (after, limit) = (millis(after), limit.max(0));
        let too_many = sqlx::query(TOO_MANY).bind(after).bind(FILES_KEPT);
        self.change(too_many).await?;
        let began = Instant::now();
        loop {
            let parts = sqlx::query(FORGET_LEFT).bind(PARTS_AT_ONCE);
            let gone = self.change(parts).await?.len();
            if gone == 0 || began.elapsed() > FORGETTING {
                break;
            }
        }
        loop {
            let parts = sqlx::query(FORGET_PARTS).bind(after).bind(limit);
            let gone = self.change(parts.bind(PARTS_AT_ONCE)).await?.len() as i64;
            if gone < PARTS_AT_ONCE || began.elapsed() > FORGETTING {
                break;
            }
        }
        let jobs = sqlx::query(FORGET).bind(after).bind(limit);
        Ok(self.change(jobs).await?.len() as u64)
    }
}
