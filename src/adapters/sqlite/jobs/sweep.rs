//! What the queue has lost or a worker has left: handed out again, or ended.

use std::{collections::HashMap, time::Duration};

use sqlx::{Sqlite, Transaction};

use super::{
    ids,
    rows::{job_columns, noted_failure},
};
use crate::{
    adapters::{
        sqlite::{
            Query, SqliteStore, commit, fetch,
            rows::{Columns, hex, json, now},
        },
        stored_jobs::{EXPIRED, HandedOut, WORKER_GONE, millis},
    },
    domain::{
        id::JobId,
        job::{Priority, State},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        queue::Line,
        store::{LOST_AFTER, Sweep, Swept},
    },
};

/// What workers have let go.
const LAPSED: &str = concat!(
    "SELECT id FROM jobs WHERE state = 'active' AND lease_until <= ",
    now!(),
    " ORDER BY lease_until, id LIMIT ?1"
);
const EXPIRING: &str = concat!(
    "SELECT id FROM jobs WHERE state = 'waiting' AND fence = 0 AND expires_at IS NOT NULL AND expires_at <= ",
    now!(),
    " ORDER BY expires_at, id LIMIT ?1"
);
/// Of one line, what has waited longest.
const OVERDUE: &str = concat!(
    "SELECT id FROM jobs WHERE state = 'waiting' AND priority IS ?2 AND lease_until <= ",
    now!(),
    " - ?3 ORDER BY lease_until, id LIMIT ?1"
);
/// Only `handed_at` counts, which each hand-out sets: by their leases, the first would be found again before the last of many was handed
/// out.
const ALL: &str = "SELECT id FROM jobs WHERE state = 'waiting' AND priority IS ?2 AND handed_at < ?3 \
     ORDER BY lease_until, id LIMIT ?1";

const SWEEP: &str = concat!(
    "UPDATE jobs SET (state, progress, run_at, lease_until, handed_at, failures, cancel_asked, updated_at) = ( \
         SELECT CASE verdict WHEN 'expired' THEN 'dead' WHEN 'waits' THEN 'waiting' WHEN 'lapsed' THEN 'waiting' ELSE verdict END, \
             CASE verdict WHEN 'lapsed' THEN 0 ELSE progress END, \
             CASE verdict WHEN 'waits' THEN run_at END, \
             CASE WHEN verdict IN ('waits', 'lapsed') THEN min(max(coalesce(run_at, 0), ",
    now!(),
    "            ) + ?2, CASE WHEN fence = 0 THEN coalesce(expires_at, 9000000000000000) ELSE 9000000000000000 END) \
                 ELSE lease_until END, \
             CASE WHEN verdict IN ('waits', 'lapsed') THEN ?3 ELSE handed_at END, \
             CASE WHEN verdict = 'expired' THEN ",
    noted_failure!("0", "?4"),
    "             WHEN verdict IN ('dead', 'lapsed') THEN ",
    noted_failure!("attempts", "?5"),
    "             ELSE failures END, \
             false, \
             CASE verdict WHEN 'waits' THEN updated_at ELSE ",
    now!(),
    "         END FROM (SELECT CASE \
             WHEN state = 'waiting' AND fence = 0 AND expires_at <= ",
    now!(),
    "        THEN 'expired' WHEN state = 'waiting' THEN 'waits' WHEN cancel_asked THEN 'cancelled' \
             WHEN attempts >= max_attempts THEN 'dead' ELSE 'lapsed' END AS verdict)) \
     WHERE id IN (SELECT unhex(value) FROM json_each(?1)) RETURNING ",
    job_columns!(),
    ", priority IS NULL OR fence > 0, priority"
);
const GIVE_UP: &str = concat!(
    "UPDATE jobs SET state = 'dead', run_at = NULL, updated_at = ",
    now!(),
    ", failures = ",
    noted_failure!("attempts", "g.error"),
    " FROM (SELECT unhex(value ->> 0) AS job, value ->> 1 AS error FROM json_each(?1)) g \
     WHERE id = g.job AND state = 'waiting' RETURNING ",
    job_columns!()
);

impl SqliteStore {
    pub(super) async fn sweep(
        &self,
        sweep: Sweep,
        lines: &[Line],
        lease: Duration,
        limit: i64,
    ) -> Result<Swept, BackendError> {
        let mut transaction = self.begin().await?;
        let mut due: Vec<JobId> = Vec::new();
        for sql in [LAPSED, EXPIRING] {
            let look = sqlx::query(sql).bind(limit.max(0));
            due.extend(found(&mut transaction, look).await?);
        }
        for line in lines {
            let room = limit - due.len() as i64;
            if room <= 0 {
                break;
            }
            let (sql, when) = match sweep {
                Sweep::Overdue => (OVERDUE, 0),
                Sweep::Lost => (OVERDUE, millis(LOST_AFTER)),
                Sweep::All { before } => (ALL, before.as_millis()),
            };
            let priority = match line {
                Line::Messages => None,
                Line::Jobs(priority) => Some(priority.as_str()),
            };
            let look = sqlx::query(sql).bind(room).bind(priority).bind(when);
            due.extend(found(&mut transaction, look).await?);
        }
        let hand_out = sqlx::query(SWEEP)
            .bind(ids(&due)?)
            .bind(millis(lease))
            .bind(Timestamp::now().as_millis())
            .bind(EXPIRED)
            .bind(WORKER_GONE);
        let rows = fetch(&mut transaction, hand_out).await?;

        let mut swept = Swept::default();
        let (mut handed_out, mut tasks) = (HashMap::new(), HashMap::new());
        for row in &rows {
            let mut columns = Columns::of(row);
            let job = columns.job()?;
            let again = columns.take()?;
            if job.state.has_ended() {
                swept.ended.push(job);
                continue;
            }
            let handed = HandedOut {
                job: job.id,
                priority: columns.maybe_word(Priority::parse)?,
                due: job.run_at.filter(|_| job.state == State::Delayed),
                again,
            };
            handed_out.insert(job.id, handed);
            tasks.insert(job.id, (job.kind, job.payload));
        }
        let mut unreadable = Vec::new();
        for job in due.iter().filter_map(|job| handed_out.remove(job)) {
            match job.ticket(&tasks) {
                Ok(ticket) => swept.tickets.extend(ticket),
                Err((job, error)) => unreadable.push((hex(job.0), error)),
            }
        }
        if !unreadable.is_empty() {
            let give_up = sqlx::query(GIVE_UP).bind(json(&unreadable)?);
            for row in fetch(&mut transaction, give_up).await? {
                swept.ended.push(Columns::of(&row).job()?);
            }
        }
        commit(transaction).await?;
        Ok(swept)
    }
}

async fn found(
    transaction: &mut Transaction<'_, Sqlite>,
    look: Query<'_>,
) -> Result<Vec<JobId>, BackendError> {
    let rows = fetch(transaction, look).await?;
    let id = |row| Columns::of(row).take().map(JobId);
    rows.iter().map(id).collect()
}
