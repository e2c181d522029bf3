//! Rows of jobs as the domain's values, and what the statements about jobs share.

use crate::{
    adapters::{
        sqlite::{fault, rows::Columns},
        stored_jobs,
    },
    domain::{
        id::{JobId, UserId},
        job::{Job, Priority, State},
    },
    ports::BackendError,
};

/// The columns of a job, of `jobs` alone; see [`Columns::job`].
macro_rules! job_columns {
    () => {
        concat!(
            "id, type, payload, owner, priority, CASE WHEN state = 'waiting' AND run_at > ",
            $crate::adapters::sqlite::rows::now!(),
            " THEN 'delayed' ELSE state END, progress, attempts, max_attempts, run_at, expires_at, cancel_asked, \
             result, failures, created_at, coalesce(updated_at, created_at)"
        )
    };
}
pub(super) use job_columns;

/// The list of failures with one more; 25 is the domain's `ATTEMPTS_MAX`.
macro_rules! noted_failure {
    ($attempt:literal, $error:literal) => {
        concat!(
            "json_insert(CASE WHEN failures IS NULL THEN '[]' WHEN json_array_length(failures) >= 25 \
                 THEN json_remove(failures, '$[0]') ELSE failures END, '$[#]', json_array(",
            $attempt,
            ", ",
            $crate::adapters::sqlite::rows::now!(),
            ", ",
            $error,
            "))"
        )
    };
}
pub(super) use noted_failure;

impl Columns<'_> {
    pub(super) fn job(&mut self) -> Result<Job, BackendError> {
        Ok(Job {
            id: JobId(self.take()?),
            kind: self.take()?,
            payload: self.take()?,
            owner: self.owner()?,
            priority: self.priority()?.unwrap_or_default(),
            state: self.word(State::parse)?,
            progress: u8::try_from(self.take::<i64>()?).unwrap_or(100),
            attempts: self.take()?,
            max_attempts: self.take()?,
            run_at: self.maybe_time()?,
            expires_at: self.maybe_time()?,
            cancel_asked: self.take()?,
            result: self.take()?,
            failures: stored_jobs::failures(self.take()?)
                .map_err(|error| fault(error.to_string()))?,
            created_at: self.time()?,
            updated_at: self.time()?,
        })
    }

    fn owner(&mut self) -> Result<Option<UserId>, BackendError> {
        let id: Option<&str> = self.take()?;
        let id = id.map(UserId::parse).transpose();
        id.map_err(|error| fault(error.to_string()))
    }

    /// None for the line of messages.
    pub(super) fn priority(&mut self) -> Result<Option<Priority>, BackendError> {
        let word: Option<&str> = self.take()?;
        let priority = |word| {
            Priority::parse(word).ok_or_else(|| fault(format!("{word:?}: an unknown priority")))
        };
        word.map(priority).transpose()
    }
}
