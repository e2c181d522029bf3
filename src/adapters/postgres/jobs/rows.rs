//! Rows of jobs as the domain's values.

use time::OffsetDateTime;

use crate::{
    adapters::{
        postgres::{fault, rows::Columns},
        stored_jobs,
    },
    domain::{
        id::{JobId, UserId},
        job::{Job, Priority, State},
        timestamp::Timestamp,
    },
    ports::BackendError,
};

const ALMOST_A_MILLISECOND: time::Duration = time::Duration::nanoseconds(999_999);

/// The columns of a job, of `jobs j`; see [`Columns::job`]. Where the payload may be left out, with what to answer instead of it.
macro_rules! job_columns {
    () => {
        $crate::adapters::postgres::jobs::rows::job_columns!("j.payload::text")
    };
    ($payload:expr) => {
        concat!(
            "j.id, j.type, ",
            $payload,
            ", j.owner, j.priority, CASE \
                 WHEN j.state NOT IN ('waiting', 'pending') THEN j.state WHEN j.run_at > now() THEN 'delayed' ELSE 'waiting' END, \
             j.progress, j.attempts, j.max_attempts, j.run_at, j.expires_at, j.cancel_asked, j.result::text, j.failures::text, \
             j.created_at, j.updated_at"
        )
    };
}
pub(super) use job_columns;

/// Whether the answer did not have the job's payload, which as JSON is never empty.
pub(super) fn is_left_out(job: &Job) -> bool {
    job.payload.is_empty()
}

impl Columns<'_> {
    pub(super) fn job(&mut self) -> Result<Job, BackendError> {
        Ok(Job {
            id: JobId(self.take()?),
            kind: self.take()?,
            payload: self.take::<Option<String>>()?.unwrap_or_default(),
            owner: self.owner()?,
            priority: self.priority()?.unwrap_or_default(),
            state: self.word(State::parse)?,
            progress: u8::try_from(self.take::<i16>()?).unwrap_or(100),
            attempts: self.take()?,
            max_attempts: self.take()?,
            run_at: self.run_at()?,
            expires_at: self.maybe_time()?,
            cancel_asked: self.take()?,
            result: self.take()?,
            failures: stored_jobs::failures(self.take()?)
                .map_err(|error| fault(error.to_string()))?,
            created_at: self.time()?,
            updated_at: self.time()?,
        })
    }

    /// Rounded up: whoever comes then does not come too early.
    pub(super) fn run_at(&mut self) -> Result<Option<Timestamp>, BackendError> {
        let at: Option<OffsetDateTime> = self.take()?;
        Ok(at.map(|at| Timestamp::from_datetime(at + ALMOST_A_MILLISECOND)))
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
