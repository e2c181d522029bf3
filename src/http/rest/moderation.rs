//! What the operator's rules have done, for those who moderate a room.

use std::sync::Arc;

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, InPath, InQuery},
    router::Shared,
};
use crate::{
    domain::{error::Problem, id::RoomId},
    protocol::{
        client_event::check_limit,
        rest::{ModerationAnswer, ModerationQuery},
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new().routes(routes!(moderation))
}

/// What the operator's rules have done to messages of a room, and why: for its moderators and owners.
#[utoipa::path(get, operation_id = "listModeration", path = "/api/rooms/{id}/moderation", tag = "messages", params(("id" = RoomId, Path, description = "Which room."), ModerationQuery),
    responses((status = 200, body = ModerationAnswer), (status = 403, description = "The caller neither moderates nor owns the room"), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn moderation(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<ModerationQuery>,
) -> Answer<Json<ModerationAnswer>> {
    let limit = check_limit(query.limit)?;
    if query.before.is_some_and(|rev| rev < 0) {
        return Err(Problem::invalid("`before` is a revision, 0 or above.").into());
    }
    let chat = &shared.chat;
    let page = chat
        .moderation(&caller.id, &id, query.before, limit)
        .await?;
    Ok(Json(ModerationAnswer {
        moderated: page.moderated,
        has_more: page.has_more,
    }))
}
