//! The fast path of jobs to workers. At least once, and forgetful: the store's rows are the truth, and its sweep adds again what was lost.
//!
//! Every call ends within 1 s, `take` within its `wait` and 1 s more.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::job::Job;

/// A queue shared by all replicas and workers.
#[expect(
    clippy::len_without_is_empty,
    reason = "a figure for the operator, not a collection"
)]
#[async_trait]
pub trait Queue: Send + Sync {
    /// Adds jobs, oldest first.
    async fn push(&self, jobs: &[Job]) -> Result<(), BackendError>;

    /// Claims up to `max` jobs for `worker`, waiting up to `wait` for the first. A job goes to one worker at a time; one that
    /// was claimed and neither settled nor given up for [`CLAIM_TIMEOUT`] goes to another.
    async fn take(&self, worker: &str, max: usize, wait: Duration) -> Result<Taken, BackendError>;

    /// Ends claims: these jobs are done, or the store will hand them out again.
    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError>;

    /// How many jobs are in the queue, claimed or not.
    async fn len(&self) -> Result<u64, BackendError>;
}

/// After so long a claim is taken to be a dead worker's.
pub const CLAIM_TIMEOUT: Duration = Duration::from_secs(30);

/// What a worker got.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Taken {
    /// In the order in which they were added, as far as they are new.
    pub jobs: Vec<(Claim, Job)>,
    /// The queue was found empty-handed where it should not be (new, or its server lost its memory): the store should be swept.
    pub reborn: bool,
}

/// A worker's hold on a job, to be given back with `settle`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim(pub String);
