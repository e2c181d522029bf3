//! Finding, seeing and making rooms.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    chat::rooms::RoomWish,
    domain::{error::Problem, id::RoomId, room::RoomView},
    ports::store::RoomScope,
    protocol::{
        client_event::check_limit,
        rest::{ProblemDetails, RoomRequest, RoomsAnswer, RoomsQuery, Scope},
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(rooms, create_room))
        .routes(routes!(room))
}

/// The caller's rooms, or all public ones.
#[utoipa::path(get, path = "/api/rooms", tag = "rooms", params(RoomsQuery),
    responses((status = 200, body = RoomsAnswer), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn rooms(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InQuery(query): InQuery<RoomsQuery>,
) -> Answer<Json<RoomsAnswer>> {
    let limit = check_limit(query.limit)?;
    let scope = match query.scope.unwrap_or_default() {
        Scope::Mine => RoomScope::Mine,
        Scope::Public => RoomScope::Public,
    };
    let text = query.q.filter(|text| !text.is_empty());
    if text
        .as_ref()
        .is_some_and(|text| text.contains('\0') || text.chars().count() > 100)
    {
        return Err(Problem::invalid("`q` is at most 100 characters.").into());
    }
    let list = shared
        .chat
        .rooms(&caller.id, scope, text, query.cursor, limit)
        .await?;
    Ok(Json(RoomsAnswer {
        rooms: list.rooms,
        next_cursor: list.next,
    }))
}

/// Make a room.
#[utoipa::path(post, path = "/api/rooms", tag = "rooms", request_body = RoomRequest,
    responses((status = 201, body = RoomView), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn create_room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(request): Body<RoomRequest>,
) -> Answer<(StatusCode, Json<RoomView>)> {
    let RoomRequest {
        id,
        name,
        topic,
        visibility,
    } = request;
    let room = shared
        .chat
        .create_room(
            &caller.id,
            RoomWish {
                id,
                name,
                topic,
                visibility,
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(room)))
}

/// One room.
#[utoipa::path(get, path = "/api/rooms/{id}", tag = "rooms", params(("id" = String, Path)),
    responses((status = 200, body = RoomView), (status = "default", body = ProblemDetails, content_type = "application/problem+json")))]
async fn room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<Json<RoomView>> {
    Ok(Json(shared.chat.room(&caller.id, &id).await?))
}
