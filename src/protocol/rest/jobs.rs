//! Background jobs, as their owners see them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::domain::{
    id::{JobId, UserId},
    job::{FailedAttempt, Job, Priority, State},
    timestamp::Timestamp,
};

/// The body of `POST /api/jobs`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobRequest {
    /// Which type: `room.export`, or one that the operator has added.
    #[schema(min_length = 1)]
    #[serde(rename = "type")]
    pub kind: String,
    /// What the type takes; null if not said. 64 KiB at most.
    #[schema(value_type = Option<serde_json::Value>)]
    pub payload: Option<Box<RawValue>>,
    /// Before or after others; `normal` if not said.
    pub priority: Option<Priority>,
    /// Not before so many milliseconds: 0 to 31,536,000,000 (365 days).
    #[schema(minimum = 0, maximum = 31_536_000_000_i64)]
    pub delay_ms: Option<i64>,
    /// Not started within so many milliseconds, it is dead: more than the delay, and up to 365 days.
    #[schema(minimum = 1, maximum = 31_536_000_000_i64)]
    pub expires_ms: Option<i64>,
}

/// The query of `GET /api/jobs`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// Only those in this state.
    #[param(inline)]
    pub state: Option<State>,
    /// From the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    pub cursor: Option<JobId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The query of `GET /api/admin/jobs`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AllJobsQuery {
    /// Those in this state; `dead` if not said.
    #[param(inline)]
    pub state: Option<State>,
    /// Only those of this type.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// From the page before.
    #[param(value_type = Option<String>, format = "uuid")]
    pub cursor: Option<JobId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// A job: the answer of most paths below `/api/jobs`, and `job:update`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobView {
    /// Fixed for good.
    pub id: JobId,
    /// Which type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it stands.
    pub state: State,
    /// How far it is.
    #[schema(minimum = 0, maximum = 100)]
    pub progress: u8,
    /// How often it has been tried.
    #[schema(minimum = 0)]
    pub attempts: i32,
    /// How often it may be.
    #[schema(minimum = 1)]
    pub max_attempts: i32,
    /// Before or after others.
    pub priority: Priority,
    /// While it is delayed: not before then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// What came of it; a file is described here and fetched with `/result`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<serde_json::Value>)]
    pub result: Option<Box<RawValue>>,
    /// Why the last attempt failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Its last move or progress.
    pub updated_at: Timestamp,
}

impl JobView {
    /// As its owner sees it.
    pub fn of(job: &Job) -> Self {
        let result = job.result.clone();
        Self {
            id: job.id,
            kind: job.kind.clone(),
            state: job.state,
            progress: job.progress,
            attempts: job.attempts,
            max_attempts: job.max_attempts,
            priority: job.priority,
            run_at: job.run_at.filter(|_| job.state == State::Delayed),
            result: result.and_then(|result| RawValue::from_string(result).ok()),
            error: job.error().map(str::to_owned),
            created_at: job.created_at,
            updated_at: job.updated_at,
        }
    }
}

/// A page of jobs, the newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobListAnswer {
    /// The jobs.
    pub jobs: Vec<JobView>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub next_cursor: Option<JobId>,
}

/// A job as an operator sees it: with whose it is, what it was given, and every attempt that failed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FullJob {
    /// As its owner sees it.
    #[serde(flatten)]
    pub job: JobView,
    /// Whose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<UserId>,
    /// What it was given.
    #[schema(value_type = serde_json::Value)]
    pub payload: Box<RawValue>,
    /// Attempts that failed, oldest first.
    pub failures: Vec<FailedAttempt>,
    /// Not started by then, it is dead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// A page of jobs as an operator sees them, the newest first.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FullJobListAnswer {
    /// The jobs.
    pub jobs: Vec<FullJob>,
    /// Where the next page begins, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    pub next_cursor: Option<JobId>,
}

impl FullJob {
    /// As an operator sees it.
    pub fn of(job: &Job) -> Self {
        let payload = RawValue::from_string(job.payload.clone());
        Self {
            job: JobView::of(job),
            owner: job.owner.clone(),
            payload: payload.unwrap_or_else(|_| RawValue::NULL.to_owned()),
            failures: job.failures.clone(),
            expires_at: job.expires_at,
        }
    }
}
