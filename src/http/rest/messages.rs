//! Reading and sending messages.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    domain::{error::Problem, id::RoomId},
    ports::store::Place,
    protocol::{
        client_event::{Draft, check_limit},
        rest::{ChangesQuery, MessageAnswer, MessagesAnswer, MessagesQuery},
        server_event::RoomHistory,
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(messages, send))
        .routes(routes!(changes))
}

/// A page of a room's history.
#[utoipa::path(get, operation_id = "listMessages", path = "/api/rooms/{id}/messages", tag = "messages", params(("id" = RoomId, Path, description = "Which room."), MessagesQuery),
    responses((status = 200, body = MessagesAnswer), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn messages(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<MessagesQuery>,
) -> Answer<Json<MessagesAnswer>> {
    let limit = check_limit(query.limit)?;
    let place = match (query.before, query.after, query.around) {
        (None, None, None) => Place::Newest,
        (Some(seq), None, None) if seq >= 0 => Place::Before(seq),
        (None, Some(seq), None) if seq >= 0 => Place::After(seq),
        (None, None, Some(seq)) if seq >= 0 => Place::Around(seq),
        _ => {
            return Err(Problem::invalid(
                "At most one of `before`, `after` and `around`, each 0 or above.",
            )
            .into());
        }
    };
    let page = shared.chat.page(&id, &caller.id, place, limit).await?;
    Ok(Json(MessagesAnswer {
        messages: page.messages,
        has_more: page.has_more,
        rev: page.rev,
    }))
}

/// Send a message.
#[utoipa::path(post, operation_id = "sendMessage", path = "/api/rooms/{id}/messages", tag = "messages", params(("id" = RoomId, Path, description = "Which room.")), request_body = Draft,
    responses((status = 201, body = MessageAnswer), (status = 200, description = "A repeat: the message that the first send made.", body = MessageAnswer), (status = 403, description = "The caller is no member"), (status = 404, description = "There is no such room, or it is not the caller's to see"), (status = 429, description = "More than `MESSAGES_PER_SECOND` allows")))]
async fn send(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    Body(draft): Body<Draft>,
) -> Answer<(StatusCode, Json<MessageAnswer>)> {
    let sent = shared
        .chat
        .send(&caller.id, id, draft)
        .await?
        .sent()
        .await?;
    let status = if sent.repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((
        status,
        Json(MessageAnswer {
            message: sent.message,
        }),
    ))
}

/// What changed in a room since a revision: the answer of a resume.
#[utoipa::path(get, operation_id = "listChanges", path = "/api/rooms/{id}/changes", tag = "messages", params(("id" = RoomId, Path, description = "Which room."), ChangesQuery),
    responses((status = 200, body = RoomHistory), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn changes(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<ChangesQuery>,
) -> Answer<Json<RoomHistory>> {
    if query.since < 0 {
        return Err(Problem::invalid("`since` is a revision, 0 or above.").into());
    }
    Ok(Json(
        shared.chat.changes(&id, &caller.id, query.since).await?,
    ))
}
