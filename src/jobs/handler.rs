//! A type of job: all that an operator writes to add one.

use std::time::Duration;

use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::running::Running;
use crate::{
    domain::{error::Problem, id::UserId, job::ATTEMPTS_MAX},
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

/// The shortest and the longest time that rules can name: what is beyond is taken as this.
const TIMES: (Duration, Duration) = (
    Duration::from_millis(1),
    Duration::from_secs(30 * 24 * 60 * 60),
);

/// How a type of job is treated. What is beyond the limits of a field counts as the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// How often it is tried, from 1 to [`ATTEMPTS_MAX`](crate::domain::job::ATTEMPTS_MAX).
    pub max_attempts: i32,
    /// How long one attempt may take: 1 ms to 30 days.
    pub time_limit: Duration,
    /// How long it waits between two attempts: 1 ms to 30 days.
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

impl Rules {
    /// The same within the limits.
    pub(super) fn within_limits(self) -> Self {
        let (shortest, longest) = TIMES;
        let time = |time: Duration| time.clamp(shortest, longest);
        Self {
            max_attempts: self.max_attempts.clamp(1, ATTEMPTS_MAX),
            time_limit: time(self.time_limit),
            back_off: BackOff {
                first: time(self.back_off.first),
                longest: time(self.back_off.longest),
            },
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
        let wait = self
            .first
            .saturating_mul(1 << doublings)
            .min(self.longest)
            .min(TIMES.1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_wait_is_too_long_to_be_counted() {
        let endless = BackOff {
            first: Duration::MAX,
            longest: Duration::MAX,
        };
        for failures in [i32::MIN, 0, 1, 31, i32::MAX] {
            assert!(endless.after(failures) <= TIMES.1.mul_f64(1.5));
            assert!(BackOff::default().after(failures) < Duration::from_secs(450));
        }
    }
}
