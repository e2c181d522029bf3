//! What the statements about jobs share: the columns of a job, and what an answer leaves out.

use crate::domain::job::Job;

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
