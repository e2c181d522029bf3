//! Finding, seeing, making, changing and ending rooms.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
    written::Written,
};
use crate::{
    chat::rooms::{RoomEdit, RoomWish},
    domain::{id::RoomId, room::RoomView},
    ports::store::RoomScope,
    protocol::rest::{
        DirectRequest, RoomPatch, RoomRequest, RoomsAnswer, RoomsQuery, Scope, check_rooms_limit,
        check_search,
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(rooms, create_room))
        .routes(routes!(room, update_room, delete_room))
        .routes(routes!(direct_room))
}

/// The caller's rooms, or all public ones.
#[utoipa::path(get, operation_id = "listRooms", path = "/api/rooms", tag = "rooms", params(RoomsQuery),
    responses((status = 200, body = RoomsAnswer)))]
async fn rooms(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InQuery(query): InQuery<RoomsQuery>,
) -> Answer<Written<RoomsAnswer>> {
    let limit = check_rooms_limit(query.limit)?;
    let text = check_search(query.q)?;
    let scope = match query.scope.unwrap_or_default() {
        Scope::Mine => RoomScope::Mine,
        Scope::Public => RoomScope::Public,
    };
    let list = shared
        .chat
        .rooms(&caller.id, scope, text, query.cursor, limit)
        .await?;
    Ok(Written(RoomsAnswer {
        rooms: list.rooms,
        next_cursor: list.next,
    }))
}

/// Make a room.
#[utoipa::path(post, operation_id = "createRoom", path = "/api/rooms", tag = "rooms", request_body = RoomRequest,
    responses((status = 201, body = RoomView), (status = 409, description = "The id is taken, or was once")))]
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
#[utoipa::path(get, operation_id = "getRoom", path = "/api/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path, description = "Which room.")),
    responses((status = 200, body = RoomView), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<Json<RoomView>> {
    Ok(Json(shared.chat.room(&caller.id, &id).await?))
}

/// Change a room's name, topic or visibility.
#[utoipa::path(patch, operation_id = "updateRoom", path = "/api/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path, description = "Which room.")), request_body = RoomPatch,
    responses((status = 200, description = "The room after it.", body = RoomView), (status = 403, description = "The caller's role does not allow it, or the room is direct"), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn update_room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    Body(patch): Body<RoomPatch>,
) -> Answer<Json<RoomView>> {
    let edit = RoomEdit {
        name: patch.name,
        topic: patch.topic,
        visibility: patch.visibility,
    };
    Ok(Json(shared.chat.update_room(&caller.id, &id, edit).await?))
}

/// End a room for good; its id is never used again.
#[utoipa::path(delete, operation_id = "deleteRoom", path = "/api/rooms/{id}", tag = "rooms", params(("id" = RoomId, Path, description = "Which room.")),
    responses((status = 204), (status = 403, description = "The caller does not own the room, or it is direct"), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn delete_room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
) -> Answer<StatusCode> {
    shared.chat.delete_room(&caller.id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The direct room of the caller and another user.
#[utoipa::path(post, operation_id = "openDirectRoom", path = "/api/direct", tag = "rooms", request_body = DirectRequest,
    responses((status = 201, description = "Made by this call.", body = RoomView), (status = 200, description = "It was there.", body = RoomView), (status = 404, description = "There is no such user")))]
async fn direct_room(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(request): Body<DirectRequest>,
) -> Answer<(StatusCode, Json<RoomView>)> {
    let direct = shared.chat.direct_room(&caller, &request.user_id).await?;
    let status = if direct.made {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(direct.room)))
}
