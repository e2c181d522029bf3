//! Background jobs: work that outlives the request that asked for it. `docs/jobs.md` has their states and moves in words.

mod message;
mod state;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use self::{
    message::{ENRICH, EnrichMessage, PREVIEW, PreviewLinks},
    state::{Move, State},
};
use super::{
    id::{JobId, UserId},
    timestamp::Timestamp,
};

/// How often a job about a message is tried before it is dead.
pub const MESSAGE_ATTEMPTS: i32 = 20;
/// The most attempts that any type may have: each leaves its error with the job.
pub const ATTEMPTS_MAX: i32 = 25;
/// The longest error that is kept, in characters; what is longer loses its end.
pub const ERROR_MAX: usize = 500;

/// Why an attempt failed of which nothing was heard again: its worker let the lease pass.
pub const WORKER_GONE: &str = "Its worker was gone before it was done.";

/// Which of the waiting jobs are started first. Lower ones get their share even while there are always higher ones.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Priority {
    /// Before the others.
    High,
    /// As usual.
    #[default]
    Normal,
    /// When there is time.
    Low,
}

impl Priority {
    /// All of them, the highest first.
    pub const ALL: [Self; 3] = [Self::High, Self::Normal, Self::Low];

    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Normal => "normal",
            Self::Low => "low",
        }
    }

    /// The priority of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// A job to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// Fixed for good: added again, it is the same job.
    pub id: JobId,
    /// The type's name, such as `room.export`.
    pub kind: String,
    /// What to do, as JSON.
    pub payload: String,
    /// Who asked for it and is told of it; none for work of the system's own, which leaves nothing behind when it is done.
    pub owner: Option<UserId>,
    /// Before or after others.
    pub priority: Priority,
    /// How often it is tried, from 1 to [`ATTEMPTS_MAX`].
    pub max_attempts: i32,
    /// Not before then; none for at once.
    pub run_at: Option<Timestamp>,
    /// Not started by then, it is dead.
    pub expires_at: Option<Timestamp>,
}

impl NewJob {
    /// As it is once it is stored, at that moment.
    pub fn stored(&self, at: Timestamp) -> Job {
        let delayed = self.run_at.is_some_and(|run_at| run_at > at);
        Job {
            id: self.id,
            kind: self.kind.clone(),
            payload: self.payload.clone(),
            owner: self.owner.clone(),
            priority: self.priority,
            state: if delayed {
                State::Delayed
            } else {
                State::Waiting
            },
            progress: 0,
            attempts: 0,
            max_attempts: self.max_attempts,
            run_at: self.run_at,
            expires_at: self.expires_at,
            cancel_asked: false,
            result: None,
            failures: Vec::new(),
            created_at: at,
            updated_at: at,
        }
    }
}

/// A job as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Fixed for good.
    pub id: JobId,
    /// The type's name.
    pub kind: String,
    /// What to do, as JSON.
    pub payload: String,
    /// Who asked for it.
    pub owner: Option<UserId>,
    /// Before or after others.
    pub priority: Priority,
    /// Where it stands.
    pub state: State,
    /// How far it is, from 0 to 100.
    pub progress: u8,
    /// How often it has been started, but for what was handed back unfinished.
    pub attempts: i32,
    /// How often it may be.
    pub max_attempts: i32,
    /// While it waits: not before then.
    pub run_at: Option<Timestamp>,
    /// Not started by then, it is dead.
    pub expires_at: Option<Timestamp>,
    /// Its owner wants it ended, and its worker has not said yet that it is.
    pub cancel_asked: bool,
    /// What came of it, as JSON.
    pub result: Option<String>,
    /// Attempts that failed, oldest first; the last one is why it is dead.
    pub failures: Vec<FailedAttempt>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Its last move or progress.
    pub updated_at: Timestamp,
}

impl Job {
    /// The error of the last attempt that failed.
    pub fn error(&self) -> Option<&str> {
        self.failures.last().map(|failure| failure.error.as_str())
    }
}

/// An attempt that failed, or why a job was not even tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedAttempt {
    /// Which one, from 1; 0 for a job that was never started.
    pub attempt: i32,
    /// When.
    pub at: Timestamp,
    /// Why, in at most [`ERROR_MAX`] characters.
    pub error: String,
}

/// A worker's hold on a job that it has started. Only the newest one of a job counts: who lost theirs changes nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Run {
    /// Which job.
    pub job: JobId,
    /// Rises with each start.
    pub fence: i64,
}
