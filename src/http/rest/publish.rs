//! Events of a backend's own.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Backend,
    problem::{Answer, Body},
    router::Shared,
};
use crate::protocol::rest::{PublishAnswer, PublishRequest};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(publish))
}

/// Push an event of a backend's own to a room, a user or everybody. The bearer is the server's API key.
#[utoipa::path(post, operation_id = "publishEvent", path = "/api/publish", tag = "publish", security(("serverKey" = [])), request_body = PublishRequest,
    responses((status = 202, description = "On its way; best effort.", body = PublishAnswer), (status = 404, description = "There is no such room, or there is no SERVER_API_KEY")))]
async fn publish(
    State(shared): State<Arc<Shared>>,
    _backend: Backend,
    Body(request): Body<PublishRequest>,
) -> Answer<(StatusCode, Json<PublishAnswer>)> {
    let (to, event, data) = request.check()?;
    shared.chat.publish(to, event, data).await?;
    Ok((StatusCode::ACCEPTED, Json(PublishAnswer {})))
}
