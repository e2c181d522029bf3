//! Jobs that wait for a worker.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{id::JobId, job::Job, timestamp::Timestamp};

/// Jobs that wait for a worker: the truth of which the queue is the fast path.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Removes the rows of jobs that are done. Unknown ids are no error.
    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError>;

    /// Hands out waiting jobs whose lease has passed (with [`Sweep::All`], whatever their lease), oldest first, at most
    /// `limit`; each with one attempt more and a new lease, so that no two sweeps at once get the same. A new job's first lease is
    /// [`FIRST_LEASE`]. A job out of attempts becomes dead instead and is not handed out: the way through the queue is the first
    /// of [`MAX_ATTEMPTS`](crate::domain::job::MAX_ATTEMPTS), so a sweep hands out with `attempts` below that.
    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Job>, BackendError>;

    /// Notes that an attempt failed: the job waits for `retry_in` and is then handed out by a sweep.
    async fn fail_job(
        &self,
        job: JobId,
        error: &str,
        retry_in: Duration,
    ) -> Result<(), BackendError>;

    /// How many jobs wait, and how many are dead.
    async fn count_jobs(&self) -> Result<JobCounts, BackendError>;
}

/// The lease of a job that has just been committed: the time that the queue has to bring it to a worker.
pub const FIRST_LEASE: Duration = Duration::from_secs(30);

/// Which waiting jobs a sweep hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// Those whose lease has passed.
    Overdue,
    /// All that wait and were committed, or last handed out, before this moment (by the caller's clock): the queue has lost
    /// what it held.
    All {
        /// Younger ones have reached the new queue.
        before: Timestamp,
    },
}

/// How many jobs there are, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Committed and not done.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
}
