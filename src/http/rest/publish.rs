//! Events of a backend's own.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Backend,
    problem::{Answer, Body},
    router::Shared,
};
use crate::protocol::rest::{ProblemDetails, PublishAnswer, PublishRequest};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(publish))
}

/// Push an event of a backend's own to a room, a user or everybody. The bearer is the server's API key.
#[utoipa::path(post, path = "/api/publish", tag = "publish", request_body = PublishRequest,
    responses((status = 202, description = "On its way; best effort.", body = PublishAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn publish(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    Body(request): Body<PublishRequest>,
) -> Answer<(StatusCode, Json<PublishAnswer>)> {
    let (to, event, data) = request.check()?;
    shared.chat.publish(to, event, data).await?;
    Ok((StatusCode::ACCEPTED, Json(PublishAnswer {})))
}
