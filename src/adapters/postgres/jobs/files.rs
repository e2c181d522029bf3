//! The files that jobs make, and the forgetting of both.

use std::time::{Duration, Instant};

use crate::{
    adapters::{
        postgres::{
            Again, Lane, PostgresStore,
            rows::{Columns, first},
        },
        stored_jobs::{PARTS_AT_ONCE, millis},
    },
    domain::{id::JobId, job::Run},
    ports::{BackendError, store::FILES_KEPT},
};

/// The lock is one that a renewed lease waits for: the run holds until the part is kept.
const ADD: &str = "WITH held AS MATERIALIZED ( \
         SELECT id, fence FROM jobs WHERE id = $1 AND fence = $2 AND state = 'active' FOR SHARE \
     ), earlier AS ( \
         DELETE FROM job_results r USING held h WHERE r.job_id = h.id AND r.fence < h.fence AND $3 = 0 \
     ) INSERT INTO job_results (job_id, fence, part, bytes) SELECT h.id, h.fence, $3, $4 FROM held h \
     ON CONFLICT (job_id, fence, part) DO UPDATE SET bytes = excluded.bytes RETURNING true";
const PART: &str = "SELECT r.bytes FROM jobs j JOIN job_results r ON r.job_id = j.id AND r.fence = j.fence \
     WHERE j.id = $1 AND j.state = 'completed' AND r.part = $2";

/// Of jobs that will never be read, from the end, so that they are found by their first parts until nothing is left.
const FORGET_LEFT: &str = "WITH left_over AS MATERIALIZED ( \
         SELECT j.id FROM job_results f JOIN jobs j ON j.id = f.job_id WHERE f.part = 0 AND j.state IN ('dead', 'cancelled') LIMIT 8 \
     ), parts AS MATERIALIZED ( \
         SELECT r.job_id, r.fence, r.part FROM job_results r JOIN left_over l ON r.job_id = l.id ORDER BY r.part DESC LIMIT $1 \
     ), gone AS ( \
         DELETE FROM job_results r USING parts p WHERE r.job_id = p.job_id AND r.fence = p.fence AND r.part = p.part RETURNING 1 \
     ) SELECT count(*) FROM gone";
/// Makes those old of which their owners have too many.
const TOO_MANY: &str = "UPDATE jobs SET updated_at = now() - $1::bigint * interval '1 ms' \
     WHERE updated_at > now() - $1::bigint * interval '1 ms' AND id IN ( \
         SELECT n.id FROM ( \
             SELECT j.id, row_number() OVER (PARTITION BY j.owner ORDER BY j.updated_at DESC, j.id DESC) AS place \
             FROM job_results f JOIN jobs j ON j.id = f.job_id AND j.fence = f.fence WHERE f.part = 0 AND j.state = 'completed' \
         ) n WHERE n.place > $2)";
/// The jobs that ended so long ago, as many as are to be forgotten.
macro_rules! old {
    ($lock:literal) => {
        concat!(
            "WITH old AS MATERIALIZED ( \
                 SELECT id FROM jobs WHERE state IN ('completed', 'dead', 'cancelled') \
                     AND updated_at <= now() - $1::bigint * interval '1 ms' \
                     AND (state <> 'dead' OR updated_at <= now() - $1::bigint * 4 * interval '1 ms') \
                 ORDER BY updated_at LIMIT $2 ",
            $lock,
            ")"
        )
    };
}
/// First the first parts: who begins to read the file then does not take half of it for all.
const FORGET_PARTS: &str = concat!(
    old!(""),
    ", parts AS MATERIALIZED ( \
         SELECT r.job_id, r.fence, r.part FROM job_results r JOIN old ON r.job_id = old.id ORDER BY r.part LIMIT $3 \
     ), gone AS ( \
         DELETE FROM job_results r USING parts p WHERE r.job_id = p.job_id AND r.fence = p.fence AND r.part = p.part RETURNING 1 \
     ) SELECT count(*) FROM gone"
);
/// Each replica forgets now and then: `SKIP LOCKED`, so that two who do so at once share the work.
const FORGET: &str = concat!(
    old!("FOR UPDATE SKIP LOCKED"),
    ", gone AS ( \
         DELETE FROM jobs j USING old WHERE j.id = old.id AND NOT EXISTS (SELECT FROM job_results r WHERE r.job_id = j.id) RETURNING 1 \
     ) SELECT count(*) FROM gone"
);
/// How long files are taken apart, of either kind, before the jobs whose parts are gone are forgotten; the others follow next time.
const FORGETTING: Duration = Duration::from_secs(1);

impl PostgresStore {
    pub(super) async fn add_part(
        &self,
        run: Run,
        part: i32,
        bytes: &[u8],
    ) -> Result<bool, BackendError> {
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            let query = sqlx::query(ADD).bind(run.job.0).bind(run.fence);
            query.bind(part).bind(bytes)
        });
        Ok(!rows.await?.is_empty())
    }

    pub(super) async fn part(
        &self,
        job: JobId,
        part: i32,
    ) -> Result<Option<Vec<u8>>, BackendError> {
        let read = || sqlx::query(PART).bind(job.0).bind(part);
        let rows = self.rows(Lane::Rest, Again::Safe, read).await?;
        rows.first().map(|row| Columns::of(row).take()).transpose()
    }

    pub(super) async fn forget(&self, after: Duration, limit: i64) -> Result<u64, BackendError> {
        let (after, limit) = (millis(after), limit.max(0));
        let too_many = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(TOO_MANY).bind(after).bind(FILES_KEPT)
        });
        too_many.await?;
        let began = Instant::now();
        loop {
            let parts = self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(FORGET_LEFT).bind(PARTS_AT_ONCE)
            });
            let gone: i64 = first(&parts.await?)?;
            if gone == 0 || began.elapsed() > FORGETTING {
                break;
            }
        }
        loop {
            let parts = self.rows(Lane::Rest, Again::Safe, || {
                let query = sqlx::query(FORGET_PARTS).bind(after);
                query.bind(limit).bind(PARTS_AT_ONCE)
            });
            let gone: i64 = first(&parts.await?)?;
            if gone < PARTS_AT_ONCE || began.elapsed() > FORGETTING {
                break;
            }
        }
        let jobs = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(FORGET).bind(after).bind(limit)
        });
        let gone: i64 = first(&jobs.await?)?;
        Ok(gone.unsigned_abs())
    }
}
