//! What the statements about jobs share: the columns of a job, and one more failure.

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
