//! Jobs: the truth of which the queue is the fast path.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::{
    domain::{
        id::{JobId, UserId},
        job::{Job, NewJob, Run, State},
        timestamp::Timestamp,
    },
    ports::queue::{Line, Ticket},
};

/// The jobs' rows. Every move is one of [`State::after`]'s, made in one transaction; times are by the store's clock.
///
/// The job that comes with a message ([`ENRICH`](crate::domain::job::ENRICH)) is stored by the commit. It may be done without having been
/// started here, the first time that it is handed out; every other start is noted, so that what kills its worker is dead in the end.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Adds jobs, all or none. One whose id is there already is left as it is.
    async fn add_jobs(&self, jobs: &[NewJob]) -> Result<(), BackendError>;

    /// Starts those of the jobs that wait, are due and not expired, and those whose worker let its lease pass, if they have attempts
    /// left and nobody wants them cancelled. Of any number of callers at once one gets a job. Answers with those started and those
    /// that are early, in no order. The start may be forgotten if the store's machine loses power, and then the job is started again.
    async fn start_jobs(&self, jobs: &[JobId], lease: Duration) -> Result<Starts, BackendError>;

    /// Renews leases and notes progress. Answers with those that still hold, in no order; a run that is not among them is lost, and what
    /// it does from now on changes nothing.
    async fn keep_jobs(&self, runs: &[Keep], lease: Duration) -> Result<Vec<Kept>, BackendError>;

    /// Ends runs. Those that had been lost before are left out; answers with the jobs of the others as they are now, in no order. A job
    /// without an owner is gone when it is completed, and answered as it was then.
    async fn end_jobs(&self, ends: &[End]) -> Result<Vec<Job>, BackendError>;

    /// Removes the rows of jobs without an owner that are done, started or not. Unknown ids are no error.
    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError>;

    /// Cancels a job that waits, or asks the worker of an active one to end it; what has ended stays as it is. The job as it is now;
    /// none if there is no such job.
    async fn cancel_job(&self, job: JobId) -> Result<Option<Job>, BackendError>;

    /// Has a dead job tried again, at once and with all its attempts; what is not dead stays as it is. The job as it is now; none if
    /// there is no such job. Its failures stay with it. The next sweep hands it out.
    async fn retry_job(&self, job: JobId) -> Result<Option<Job>, BackendError>;

    /// One job.
    async fn job(&self, job: JobId) -> Result<Option<Job>, BackendError>;

    /// Jobs, the newest first.
    async fn jobs(&self, query: &JobQuery) -> Result<Vec<Job>, BackendError>;

    /// How many of a user's jobs have not ended.
    async fn open_jobs(&self, owner: &UserId) -> Result<i64, BackendError>;

    /// Hands out jobs for the queue, about `limit` at most: first those whose worker let its lease pass, which wait again, or are dead
    /// or cancelled; then those of any line that have expired and were never started, which are dead; then those that wait in these
    /// lines, the longest first in each. What is handed out is left to the queue for `lease` from when it is due, so that no two sweeps
    /// at once get the same. Lines that are not named cost nothing, however long they are.
    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lines: &[Line],
        lease: Duration,
        limit: i64,
    ) -> Result<Swept, BackendError>;

    /// How many jobs there are, by state.
    async fn count_jobs(&self) -> Result<JobCounts, BackendError>;

    /// Removes jobs that ended so long ago, with their results, at most `limit`; answers how many. Dead ones are kept four times
    /// as long. Of an owner's jobs that made a file the newest [`FILES_KEPT`] are kept, and the others removed as if they were old; what
    /// jobs that are dead or cancelled made of a file is removed at once. What takes long is left for the next calls.
    async fn forget_jobs(&self, after: Duration, limit: i64) -> Result<u64, BackendError>;

    /// Keeps a part of a file that a run makes: part after part, from 0. False when the run is lost; nothing is kept then. The
    /// parts of earlier runs are gone with the first part of a later one.
    async fn add_result_part(
        &self,
        run: Run,
        part: i32,
        bytes: &[u8],
    ) -> Result<bool, BackendError>;

    /// A part of the file that a completed job has made; none after the last one.
    async fn result_part(&self, job: JobId, part: i32) -> Result<Option<Vec<u8>>, BackendError>;
}

/// The lease of a job that has just been committed: the time that the queue has to bring it to a worker.
pub const FIRST_LEASE: Duration = Duration::from_secs(30);

/// Jobs with a file that an owner can have; older ones are removed.
pub const FILES_KEPT: i64 = 20;

/// So long after the queue had its time, a job counts as lost even where its line is long: see [`Sweep::Lost`].
pub const LOST_AFTER: Duration = Duration::from_secs(600);

/// What came of asking for a start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Starts {
    /// Those that the caller has now.
    pub started: Vec<Started>,
    /// Those whose time has not come by the store's clock. The queue has handed them out, so somebody must bring them to it again.
    pub early: Vec<Early>,
}

/// A job whose time has not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Early {
    /// Which.
    pub job: JobId,
    /// When it is to be started.
    pub run_at: Timestamp,
    /// How long that is from now, by the store's clock; nothing where it has just come.
    pub wait: Duration,
}

/// A job that has been started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// The hold on it.
    pub run: Run,
    /// The job, active.
    pub job: Job,
}

/// A lease to be renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The hold.
    pub run: Run,
    /// How far the job is, if that has changed: 0 to 100.
    pub progress: Option<u8>,
}

/// A lease that has been renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The hold.
    pub run: Run,
    /// Somebody wants the job cancelled: the worker is to end it.
    pub cancel_asked: bool,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// The hold.
    pub run: Run,
    /// How it ended.
    pub how: Ending,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Done, with what there is to tell of it, as JSON. Its progress is 100.
    Completed {
        /// What came of it.
        result: Option<String>,
    },
    /// The attempt failed. Tried again after that time if there are attempts left; dead without one.
    Failed {
        /// Why; kept up to [`ERROR_MAX`](crate::domain::job::ERROR_MAX) characters.
        error: String,
        /// None when there is no hope.
        retry_in: Option<Duration>,
    },
    /// The worker ends before the job does: it waits again, and the attempt does not count.
    HandedBack,
    /// Ended as its owner wanted. Where nobody wanted that, as [`Ending::HandedBack`].
    Cancelled,
}

/// Which jobs to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobQuery {
    /// Only this user's.
    pub owner: Option<UserId>,
    /// Only those in this state.
    pub state: Option<State>,
    /// Only those of this type.
    pub kind: Option<String>,
    /// Only those older than this one.
    pub before: Option<JobId>,
    /// At most so many.
    pub limit: i64,
}

/// Which jobs a sweep hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// Those whose lease has passed.
    Overdue,
    /// Those whose lease passed [`LOST_AFTER`] ago: for lines so long that what waits in them is late, and not lost.
    Lost,
    /// All that wait and were stored, or last handed out, before this moment (by the caller's clock): the queue has lost what it held.
    /// What was handed out is not found again, so this comes to an end.
    All {
        /// Younger ones have reached the new queue.
        before: Timestamp,
    },
}

/// What a sweep found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Swept {
    /// For the queue, with [`Ticket::again`] where a worker may have had the job.
    pub tickets: Vec<Ticket>,
    /// Jobs that it has ended, as they are now.
    pub ended: Vec<Job>,
}

impl Swept {
    /// Whether there was nothing to do.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty() && self.ended.is_empty()
    }
}

/// How many jobs there are, by state. Those that have ended well are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Waiting, delayed ones included.
    pub waiting: i64,
    /// With a worker.
    pub active: i64,
    /// Given up.
    pub dead: i64,
}
