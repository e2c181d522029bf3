//! A type of job: all that an operator writes to add one.

use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::running::Running;
use crate::{
    domain::{error::Problem, id::UserId},
    ports::{BackendError, store::Store},
};

/// A type of job.
///
/// At least once: a job whose worker dies is started again, so doing one twice must change no more than doing it once.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Its name on the wire, such as `report.words`: 1 to 64 characters of `[a-z0-9._-]`, chosen once and for good.
    const TYPE: &'static str;

    /// What such a job is given, as JSON. What does not fit is refused when it is asked for.
    type Payload: DeserializeOwned + Send + Sync + 'static;

    /// How often it is tried, and how long it may take.
    fn rules(&self) -> Rules {
        Rules::default()
    }

    /// Whether this user may ask for it; `Ok` to let them. There is no default: closed unless opened.
    async fn admit(
        &self,
        payload: &Self::Payload,
        asker: &UserId,
        store: &dyn Store,
    ) -> Result<(), Problem>;

    /// Does it. The answer is the job's `result`, null for none. It is dropped at its next await when its time is over, its worker has
    /// to end, or its owner wants it cancelled and it has not ended by itself within 1 s; a panic is a failed attempt.
    async fn run(&self, payload: Self::Payload, job: &Running) -> Result<Value, JobError>;
}

/// How a type of job is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often it is tried, from 1 to [`ATTEMPTS_MAX`](crate::domain::job::ATTEMPTS_MAX).
    pub max_attempts: i32,
    /// How long one attempt may take.
    pub time_limit: Duration,
    /// How long it waits between two attempts.
    pub back_off: BackOff,
}

impl Default for Rules {
    /// 5 attempts of 60 s, 1 s and up to 5 min apart.
    fn default() -> Self {
        Self {
            max_attempts: 5,
            time_limit: Duration::from_secs(60),
            back_off: BackOff::default(),
        }
    }
}

/// Waits that double from attempt to attempt, each up to half longer, so that what failed together does not come again together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackOff {
    /// After the first failure.
    pub first: Duration,
    /// Never more than this, but for the half.
    pub longest: Duration,
}

impl Default for BackOff {
    /// 1 s, 2 s, 4 s … 5 min.
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            longest: Duration::from_secs(300),
        }
    }
}

impl BackOff {
    /// The wait after so many failures, from 1 on.
    pub fn after(&self, failures: i32) -> Duration {
        let doublings = u32::try_from(failures.saturating_sub(1))
            .unwrap_or(0)
            .min(30);
        let wait = self.first.saturating_mul(1 << doublings).min(self.longest);
        wait.mul_f64(rand::random_range(1.0..1.5))
    }
}

/// Why an attempt failed. The words are kept with the job, and its owner can read them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Another attempt may go better.
    #[error("{0}")]
    Again(String),
    /// No attempt can go better: the job is dead.
    #[error("{0}")]
    Hopeless(String),
    /// It was to be cancelled, and has ended.
    #[error("cancelled")]
    Cancelled,
    /// The hold on the job is lost: somebody else has it by now.
    #[error("another worker has this job")]
    Lost,
}

impl From<BackendError> for JobError {
    /// Without the cause, which is for the operator's log.
    fn from(error: BackendError) -> Self {
        error.log("a job could not go on");
        Self::Again("A part of the server was not available.".into())
    }
}
