//! Background jobs: the caller's own, and for a backend with the server's key everybody's.

use std::sync::Arc;

use axum::{
    Json,
    body::Body as ResponseBody,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::{Backend, Caller},
    job_file,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    chat::{job_wish::JobWish, jobs::JobResult},
    domain::{id::JobId, job},
    protocol::{
        client_event::check_limit,
        rest::{
            AllJobsQuery, FullJob, FullJobListAnswer, JobListAnswer, JobRequest, JobView, JobsQuery,
        },
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(jobs, ask))
        .routes(routes!(one, cancel))
        .routes(routes!(result))
        .routes(routes!(all_jobs))
        .routes(routes!(any_job, cancel_any))
        .routes(routes!(retry))
}

/// The caller's jobs, the newest first.
#[utoipa::path(get, operation_id = "listJobs", path = "/api/jobs", tag = "jobs", params(JobsQuery),
    responses((status = 200, body = JobListAnswer)))]
async fn jobs(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InQuery(query): InQuery<JobsQuery>,
) -> Answer<Json<JobListAnswer>> {
    let limit = check_limit(query.limit)?;
    let list = shared
        .chat
        .jobs(&caller.id, query.state, query.cursor, limit)
        .await?;
    Ok(Json(JobListAnswer {
        jobs: list.jobs.iter().map(JobView::of).collect(),
        next_cursor: list.next,
    }))
}

/// Ask for a background job. Its owner's sockets hear of it by `job:update`. At most 5 a second (25 at once), and 100 under way.
#[utoipa::path(post, operation_id = "createJob", path = "/api/jobs", tag = "jobs", request_body = JobRequest,
    responses((status = 202, description = "Stored: it will be done, whatever becomes of this server.", body = JobView), (status = 403, description = "The type is not for the caller: only types of the operator's own say so; `room.export` takes any room that the caller may see"), (status = 404, description = "What the payload names is not there: `room.export` takes a room that the caller may see"), (status = 429, description = "More than 5 a second (25 at once), or 100 under way")))]
async fn ask(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(request): Body<JobRequest>,
) -> Answer<(StatusCode, Json<JobView>)> {
    let JobRequest {
        kind,
        payload,
        priority,
        delay_ms,
        expires_ms,
    } = request;
    let wish = JobWish {
        kind,
        payload,
        priority,
        delay_ms,
        expires_ms,
    };
    let job = shared.chat.ask_for_job(&caller.id, wish).await?;
    Ok((StatusCode::ACCEPTED, Json(JobView::of(&job))))
}

/// One job of the caller's.
#[utoipa::path(get, operation_id = "getJob", path = "/api/jobs/{id}", tag = "jobs", params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, body = JobView), (status = 404, description = "There is no such job of the caller's")))]
async fn one(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<JobId>,
) -> Answer<Json<JobView>> {
    Ok(Json(JobView::of(&shared.chat.job(&caller.id, id).await?)))
}

/// Cancel a job of the caller's: one that waits is cancelled at once, an active one when its worker has heard of it; one that has ended stays as it is.
#[utoipa::path(delete, operation_id = "cancelJob", path = "/api/jobs/{id}", tag = "jobs", params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, description = "The job as it is now. An active one still says so; `job:update` tells its end.", body = JobView), (status = 404, description = "There is no such job of the caller's")))]
async fn cancel(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<JobId>,
) -> Answer<Json<JobView>> {
    let job = shared.chat.cancel_job(&caller.id, id).await?;
    Ok(Json(JobView::of(&job)))
}

/// What came of a completed job of the caller's: the file that it made, or else its `result` as JSON. `conflict` while it is not completed.
#[utoipa::path(get, operation_id = "getJobResult", path = "/api/jobs/{id}/result", tag = "jobs", params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, description = "The file, with its own type and name.", body = Vec<u8>, content_type = "*/*",
        headers(("Content-Disposition" = String, description = "For a file: to be saved, under its name."))), (status = 404, description = "There is no such job of the caller's, or it has left nothing behind, or its file is kept no longer"), (status = 409, description = "The job is not completed")))]
async fn result(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<JobId>,
) -> Answer<Response> {
    Ok(match shared.chat.job_result(&caller.id, id).await? {
        JobResult::File { made, first } => {
            let head = job_file::head(&made);
            let body = job_file::body(shared, id, made.bytes, first);
            (head, ResponseBody::from_stream(body)).into_response()
        }
        JobResult::Json(json) => (job_file::json_head(), json).into_response(),
    })
}

/// Jobs of everybody, the newest first; the dead ones if not said. The bearer is the server's API key.
#[utoipa::path(get, operation_id = "listAllJobs", path = "/api/admin/jobs", tag = "admin", security(("serverKey" = [])), params(AllJobsQuery),
    responses((status = 200, body = FullJobListAnswer), (status = 404, description = "This server has no key for backends: there is no SERVER_API_KEY")))]
async fn all_jobs(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    InQuery(query): InQuery<AllJobsQuery>,
) -> Answer<Json<FullJobListAnswer>> {
    let limit = check_limit(query.limit)?;
    let state = query.state.unwrap_or(job::State::Dead);
    let list = shared
        .chat
        .all_jobs(state, query.kind, query.cursor, limit)
        .await?;
    Ok(Json(FullJobListAnswer {
        jobs: list.jobs.iter().map(FullJob::of).collect(),
        next_cursor: list.next,
    }))
}

/// Any job, with what it was given and every attempt that failed. The bearer is the server's API key.
#[utoipa::path(get, operation_id = "getAnyJob", path = "/api/admin/jobs/{id}", tag = "admin", security(("serverKey" = [])), params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, body = FullJob), (status = 404, description = "There is no such job, or there is no SERVER_API_KEY")))]
async fn any_job(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    InPath(id): InPath<JobId>,
) -> Answer<Json<FullJob>> {
    Ok(Json(FullJob::of(&shared.chat.any_job(id).await?)))
}

/// Have a dead job tried again, with all its attempts. The bearer is the server's API key.
#[utoipa::path(post, operation_id = "retryJob", path = "/api/admin/jobs/{id}/retry", tag = "admin", security(("serverKey" = [])), params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, description = "The job as it is now.", body = FullJob), (status = 404, description = "There is no such job, or there is no SERVER_API_KEY"), (status = 409, description = "The job is not dead")))]
async fn retry(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    InPath(id): InPath<JobId>,
) -> Answer<Json<FullJob>> {
    Ok(Json(FullJob::of(&shared.chat.retry_any_job(id).await?)))
}

/// Cancel any job, as its owner would. The bearer is the server's API key.
#[utoipa::path(delete, operation_id = "cancelAnyJob", path = "/api/admin/jobs/{id}", tag = "admin", security(("serverKey" = [])), params(("id" = JobId, Path, description = "Which job.")),
    responses((status = 200, description = "The job as it is now.", body = FullJob), (status = 404, description = "There is no such job, or there is no SERVER_API_KEY")))]
async fn cancel_any(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    InPath(id): InPath<JobId>,
) -> Answer<Json<FullJob>> {
    Ok(Json(FullJob::of(&shared.chat.cancel_any_job(id).await?)))
}
