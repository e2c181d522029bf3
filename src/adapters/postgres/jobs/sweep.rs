//! What the queue has lost or a worker has left: handed out again, or ended.

use std::{collections::HashMap, time::Duration};

use uuid::Uuid;

use super::rows::job_columns;
use crate::{
    adapters::{
        postgres::{Again, Lane, PostgresStore, rows::Columns},
        stored_jobs::{EXPIRED, HandedOut, WORKER_GONE, millis},
    },
    domain::{
        id::JobId,
        job::{Job, Priority, State},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        queue::Line,
        store::{LOST_AFTER, Sweep, Swept},
    },
};

const SWEEP: &str = "SELECT id, state, priority, due, again FROM sweep_jobs( \
     $1, $2::bigint * interval '1 ms', $3, $4::bigint * interval '1 ms', $5, $6, $7, $8)";
const TASKS: &str = "SELECT id, type, payload::text FROM jobs WHERE id = ANY ($1)";
const ENDED: &str = concat!(
    "SELECT ",
    job_columns!(),
    " FROM jobs j WHERE j.id = ANY ($1)"
);
const GIVE_UP: &str = "UPDATE jobs j SET state = 'dead', run_at = NULL, updated_at = now(), \
         failures = noted_failure(j.failures, j.attempts, g.error) \
     FROM unnest($1::uuid[], $2::text[]) AS g (id, error) WHERE j.id = g.id AND j.state IN ('waiting', 'pending')";

impl PostgresStore {
    pub(super) async fn sweep(
        &self,
        sweep: Sweep,
        lines: &[Line],
        lease: Duration,
        limit: i64,
    ) -> Result<Swept, BackendError> {
        let (late, before) = match sweep {
            Sweep::Overdue => (0, None),
            Sweep::Lost => (millis(LOST_AFTER), None),
            Sweep::All { before } => (0, Some(before.to_datetime())),
        };
        let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
        let at = Timestamp::now().to_datetime();
        // Not again: what the first one handed out would be a lease in nobody's hands.
        let rows = self.rows(Lane::Rest, Again::Unsafe, || {
            sqlx::query(SWEEP)
                .bind(&lines)
                .bind(late)
                .bind(before)
                .bind(millis(lease))
                .bind(limit.max(0))
                .bind(at)
                .bind(EXPIRED)
                .bind(WORKER_GONE)
        });
        let (mut handed_out, mut ended) = (Vec::new(), Vec::new());
        for row in rows.await? {
            let mut columns = Columns::of(&row);
            let job = JobId(columns.take()?);
            let state: &str = columns.take()?;
            if State::parse(state).is_some_and(State::has_ended) {
                ended.push(job.0);
                continue;
            }
            handed_out.push(HandedOut {
                job,
                priority: columns.maybe_word(Priority::parse)?,
                due: columns.not_before()?,
                again: columns.take()?,
            });
        }
        let tasks = self.tasks(&handed_out).await?;
        let mut tickets = Vec::with_capacity(handed_out.len());
        let mut unreadable = Vec::new();
        for job in handed_out {
            match job.ticket(&tasks) {
                Ok(ticket) => tickets.extend(ticket),
                Err((job, error)) => unreadable.push((job.0, error)),
            }
        }
        ended.extend(self.give_up(unreadable).await?);
        let ended = self.ended(&ended).await?;
        Ok(Swept { tickets, ended })
    }

    /// Types and payloads of the messages' jobs among these.
    async fn tasks(
        &self,
        handed_out: &[HandedOut],
    ) -> Result<HashMap<JobId, (String, String)>, BackendError> {
        let messages = handed_out.iter().filter(|job| job.priority.is_none());
        let ids: Vec<Uuid> = messages.map(|job| job.job.0).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(TASKS).bind(&ids));
        let task = |row| {
            let mut columns = Columns::of(row);
            Ok((JobId(columns.take()?), (columns.take()?, columns.take()?)))
        };
        rows.await?.iter().map(task).collect()
    }

    /// Ends jobs that nobody can read, with why. Answers with which.
    async fn give_up(&self, jobs: Vec<(Uuid, String)>) -> Result<Vec<Uuid>, BackendError> {
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let (ids, errors): (Vec<Uuid>, Vec<String>) = jobs.into_iter().unzip();
        let rows = self.rows(Lane::Rest, Again::Safe, || {
            sqlx::query(GIVE_UP).bind(&ids).bind(&errors)
        });
        rows.await?;
        Ok(ids)
    }

    async fn ended(&self, ids: &[Uuid]) -> Result<Vec<Job>, BackendError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let rows = self.rows(Lane::Rest, Again::Safe, || sqlx::query(ENDED).bind(ids));
        let rows = rows.await?;
        rows.iter().map(|row| Columns::of(row).job()).collect()
    }
}
