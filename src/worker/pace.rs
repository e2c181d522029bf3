//! How long things take at a worker, in one place.

use std::time::Duration;

use crate::ports::store::FIRST_LEASE;

/// The times that a worker keeps to. The defaults are those of `docs/jobs.md`; other ones are for tests that have no time to lose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// How long a started job is this worker's without another word.
    pub lease: Duration,
    /// How often leases are renewed, progress is kept, and wishes to cancel are heard of.
    pub keep: Duration,
    /// So long before the end of a lease that could not be renewed, its job is dropped.
    pub margin: Duration,
    /// How long a job that is to be cancelled may take to end by itself.
    pub grace: Duration,
    /// How long reading one message may take; with [`last_jobs`](Self::last_jobs) well below the lease.
    pub message_limit: Duration,
    /// The least time between two tellings of a job's progress.
    pub tell: Duration,
    /// How long a job that has been started may wait for a free slot; then others get it.
    pub slot_wait: Duration,
    /// How often what is overdue is looked for; up to a fifth longer or shorter by chance.
    pub sweep: Duration,
    /// How long the queue has to bring what was handed to it.
    pub delivery: Duration,
    /// How often what is old is removed; up to a fifth longer or shorter by chance.
    pub forget: Duration,
    /// How long jobs may go on once it is time to stop; then another worker gets them.
    pub last_jobs: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(20),
            keep: Duration::from_secs(1),
            margin: Duration::from_secs(3),
            grace: Duration::from_secs(1),
            message_limit: Duration::from_secs(10),
            tell: Duration::from_millis(100),
            slot_wait: Duration::from_secs(1),
            sweep: Duration::from_secs(5),
            delivery: FIRST_LEASE,
            forget: Duration::from_secs(60),
            last_jobs: Duration::from_secs(2),
        }
    }
}

/// A fifth longer or shorter by chance, so that workers that started together do not do everything together.
pub(super) fn about(time: Duration) -> Duration {
    time.mul_f64(rand::random_range(0.8..1.2))
}
