//! What both stores keep of a job in the same words.

use std::{collections::HashMap, time::Duration};

use super::columns::{Columns, Rows};
use crate::{
    domain::{
        id::{JobId, UserId},
        job::{ENRICH, ERROR_MAX, EnrichMessage, FailedAttempt, Job, Priority, State},
        timestamp::Timestamp,
    },
    ports::{
        BackendError,
        queue::{Line, Ticket},
        store::{End, Ending},
    },
};

/// Why a job is dead that nobody started in time.
pub(super) const EXPIRED: &str = "It was not started in time.";
pub(super) use crate::domain::job::WORKER_GONE;
/// The longest time that is reckoned with.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 86_400);
/// Parts of files that one statement removes: 64 MiB.
pub(super) const PARTS_AT_ONCE: i64 = 256;

/// As both stores reckon: 100 years at most.
pub(super) fn millis(duration: Duration) -> i64 {
    duration.min(LONGEST).as_millis() as i64
}

/// The end of a run, column by column.
pub(super) struct EndRow {
    pub(super) job: JobId,
    pub(super) fence: i64,
    pub(super) how: &'static str,
    pub(super) result: Option<String>,
    pub(super) error: Option<String>,
    /// Milliseconds.
    pub(super) retry: Option<i64>,
}

impl EndRow {
    pub(super) fn of(end: &End) -> Self {
        let row = Self {
            job: end.run.job,
            fence: end.run.fence,
            how: "back",
            result: None,
            error: None,
            retry: None,
        };
        match &end.how {
            Ending::Completed { result } => Self {
                how: "completed",
                result: result.clone(),
                ..row
            },
            Ending::Failed { error, retry_in } => Self {
                how: "failed",
                error: Some(kept_error(error)),
                retry: retry_in.map(millis),
                ..row
            },
            Ending::HandedBack => row,
            Ending::Cancelled => Self {
                how: "cancelled",
                ..row
            },
        }
    }
}

/// In the order of ids, so that several calls at once do not wait for each other in a circle.
pub(super) fn in_order(ends: &[End]) -> Vec<EndRow> {
    let mut rows: Vec<_> = ends.iter().map(EndRow::of).collect();
    rows.sort_by_key(|row| row.job);
    rows
}

/// A job without an owner as it was in the moment when it was done, and went.
pub(super) fn completed(active: Job, result: Option<String>, at: Timestamp) -> Job {
    Job {
        state: State::Completed,
        progress: 100,
        cancel_asked: false,
        result,
        updated_at: at,
        ..active
    }
}

/// What is kept of an error. Postgres takes no NUL.
pub(super) fn kept_error(error: &str) -> String {
    let shown = |c| if c == '\0' { '\u{fffd}' } else { c };
    error.chars().take(ERROR_MAX).map(shown).collect()
}

/// The stored list of failures.
fn failures(stored: Vec<(i32, i64, String)>) -> Vec<FailedAttempt> {
    let failure = |(attempt, at, error)| FailedAttempt {
        attempt,
        at: Timestamp::from_millis(at),
        error,
    };
    stored.into_iter().map(failure).collect()
}

/// A job that a sweep hands out; without a priority it is a message's.
pub(super) struct HandedOut {
    pub(super) job: JobId,
    pub(super) priority: Option<Priority>,
    pub(super) due: Option<Timestamp>,
    pub(super) again: bool,
}

impl HandedOut {
    /// The ticket of a message's job with what there is to do; an error for a job that nobody can read. None for a job that is gone.
    pub(super) fn ticket(
        self,
        tasks: &HashMap<JobId, (String, String)>,
    ) -> Result<Option<Ticket>, (JobId, String)> {
        let unreadable = |error: String| {
            let error = format!("Its payload cannot be read: {error}");
            (self.job, kept_error(&error))
        };
        let (line, message) = match self.priority {
            Some(priority) => (Line::Jobs(priority), None),
            None => match tasks.get(&self.job) {
                None => return Ok(None),
                Some((kind, _)) if kind != ENRICH => {
                    return Err(unreadable(format!(
                        "no message brings a job of type {kind}"
                    )));
                }
                Some((_, payload)) => {
                    let message: EnrichMessage = serde_json::from_str(payload)
                        .map_err(|error| unreadable(error.to_string()))?;
                    (Line::Messages, Some(Box::new(message)))
                }
            },
        };
        Ok(Some(Ticket {
            job: self.job,
            line,
            due: self.due,
            message,
            again: self.again,
        }))
    }
}

impl<D: Rows> Columns<'_, D> {
    /// Takes the columns of a job.
    pub(super) fn job(&mut self) -> Result<Job, BackendError> {
        Ok(Job {
            id: JobId(self.take()?),
            kind: self.take()?,
            payload: self.take::<Option<String>>()?.unwrap_or_default(),
            owner: self.maybe(UserId::parse)?,
            priority: self.maybe_word(Priority::parse)?.unwrap_or_default(),
            state: self.word(State::parse)?,
            progress: u8::try_from(self.take::<i16>()?).unwrap_or(100),
            attempts: self.take()?,
            max_attempts: self.take()?,
            run_at: self.not_before()?,
            expires_at: self.maybe_time()?,
            cancel_asked: self.take()?,
            result: self.take()?,
            failures: failures(self.list()?),
            created_at: self.time()?,
            updated_at: self.time()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_cut_between_characters() {
        let long = "é".repeat(ERROR_MAX + 1);
        assert_eq!(kept_error(&long), "é".repeat(ERROR_MAX));
        assert_eq!(kept_error("a\0b"), "a\u{fffd}b");
    }

    #[test]
    fn endless_times_are_a_hundred_years() {
        assert_eq!(millis(Duration::MAX), 3_153_600_000_000);
    }
}
