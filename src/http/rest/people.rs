//! Who is here.

use std::sync::Arc;

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, InPath},
    router::Shared,
};
use crate::{
    domain::id::RoomId,
    protocol::rest::{PresenceAnswer, ProblemDetails},
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(presence))
}

/// Who is live in a room.
#[utoipa::path(get, path = "/api/rooms/{id}/presence", tag = "people", params(("id" = String, Path)),
    responses((status = 200, body = PresenceAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn presence(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<Json<PresenceAnswer>> {
    let (online, online_count) = shared.chat.online(&id, &caller.id).await?;
    Ok(Json(PresenceAnswer {
        online,
        online_count,
    }))
}
