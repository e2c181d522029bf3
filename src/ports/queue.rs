//! The fast path of jobs to workers. At least once, and forgetful: the store's rows are the truth, and its sweep adds again what was lost.
//!
//! Every call ends within 1 s, `take` within its `wait` and 1 s more.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::BackendError;
use crate::domain::{
    id::JobId,
    job::{EnrichMessage, Priority},
    timestamp::Timestamp,
};

/// A queue shared by all replicas and workers.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Adds jobs, oldest first. One that is not due yet is handed out when it is, at most 250 ms late while somebody takes from its
    /// line; a job that is added twice may be handed out twice.
    async fn push(&self, tickets: &[Ticket]) -> Result<(), BackendError>;

    /// Claims jobs for `worker`, waiting up to `wait` for the first. A claim goes to one worker at a time; one that was neither settled
    /// nor given up for [`CLAIM_TIMEOUT`] goes to another, as [`Ticket::again`].
    ///
    /// Of the priorities the higher come first, but of eight calls in a row one begins with the lowest and one with the normal:
    /// nobody waits for ever. Within one priority the oldest come first, as far as they are new.
    async fn take(&self, worker: &str, wish: Wish, wait: Duration) -> Result<Taken, BackendError>;

    /// Ends claims: these jobs are done, or the store will hand them out again.
    async fn settle(&self, claims: &[Claim]) -> Result<(), BackendError>;

    /// How many jobs are in each line, claimed or not.
    async fn backlog(&self) -> Result<Backlog, BackendError>;

    /// How long the first job that nobody has claimed has been in each line.
    async fn oldest(&self) -> Result<Oldest, BackendError>;
}

/// After so long a claim is taken to be a dead worker's.
pub const CLAIM_TIMEOUT: Duration = Duration::from_secs(30);

/// A job's place in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ticket {
    /// Which job.
    pub job: JobId,
    /// Where it waits.
    pub line: Line,
    /// Not before then; none for at once. By the clock of the queue's server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Timestamp>,
    /// Of a message's own job, all that it takes to do it: nobody has to ask the store. The others' rows are read when they start.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<Box<EnrichMessage>>,
    /// The store handed it out again: somebody may have started it before and died of it.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub again: bool,
}

/// Where jobs wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The jobs that come with messages: quick, and never behind the others.
    Messages,
    /// All others, by their priority.
    Jobs(Priority),
}

impl Line {
    /// All lines.
    pub const ALL: [Self; 4] = [
        Self::Messages,
        Self::Jobs(Priority::High),
        Self::Jobs(Priority::Normal),
        Self::Jobs(Priority::Low),
    ];

    /// Its name, for figures.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Jobs(priority) => priority.as_str(),
        }
    }
}

/// What a worker has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// So many of the jobs that come with messages.
    Messages(usize),
    /// So many of the others, of any priority; and of them at most so many low ones.
    Jobs {
        /// All together.
        max: usize,
        /// Of the lowest priority.
        low: usize,
    },
}

/// What a worker got.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Taken {
    /// In the order in which they are to be started.
    pub tickets: Vec<Claimed>,
    /// The queue was found empty-handed where it should not be (new, or its server lost its memory): the store should be swept.
    pub reborn: bool,
}

/// A job that a worker got.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// To be settled.
    pub claim: Claim,
    /// The job. [`Ticket::again`] is also set where another worker had this claim before.
    pub ticket: Ticket,
}

/// A worker's hold on a place in the queue, to be given back with `settle`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim(pub String);

/// How many jobs are in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Of the jobs that come with messages.
    pub messages: u64,
    /// Of the others, the highest priority first.
    pub jobs: [u64; 3],
    /// Those of any line whose time has not come.
    pub delayed: u64,
}

/// An age for each of [`Line::ALL`]; none where nothing waits.
pub type Oldest = [Option<Duration>; Line::ALL.len()];

impl Backlog {
    /// Of one line, without those whose time has not come.
    pub fn of(&self, line: Line) -> u64 {
        match line {
            Line::Messages => self.messages,
            Line::Jobs(priority) => self.jobs[priority as usize],
        }
    }
}
