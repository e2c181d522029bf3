//! Who people are, and who is here.

use std::sync::Arc;

use axum::{Json, extract::State};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    domain::{
        id::{RoomId, UserId},
        presence::User,
    },
    protocol::{
        client_event::check_limit,
        rest::{
            MePatch, PresenceAnswer, UsersAnswer, UsersQuery, check_search, check_users_cursor,
        },
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(presence))
        .routes(routes!(users))
        .routes(routes!(user))
        .routes(routes!(me, change_me))
}

/// Who is live in a room.
#[utoipa::path(get, operation_id = "getPresence", path = "/api/rooms/{id}/presence", tag = "people", params(("id" = RoomId, Path, description = "Which room.")),
    responses((status = 200, body = PresenceAnswer), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
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

/// Find users by their names.
#[utoipa::path(get, operation_id = "findUsers", path = "/api/users", tag = "people", params(UsersQuery),
    responses((status = 200, body = UsersAnswer)))]
async fn users(
    State(shared): State<Arc<Shared>>,
    _caller: Caller,
    InQuery(query): InQuery<UsersQuery>,
) -> Answer<Json<UsersAnswer>> {
    let limit = check_limit(query.limit)?;
    let text = check_search(query.q)?;
    let list = shared
        .chat
        .find_users(text, check_users_cursor(query.cursor)?, limit)
        .await?;
    Ok(Json(UsersAnswer {
        users: list.users,
        next_cursor: list.next,
    }))
}

/// One user.
#[utoipa::path(get, operation_id = "getUser", path = "/api/users/{id}", tag = "people", params(("id" = UserId, Path, description = "Which user.")),
    responses((status = 200, body = User), (status = 404, description = "There is no such user")))]
async fn user(
    State(shared): State<Arc<Shared>>,
    _caller: Caller,
    InPath(id): InPath<UserId>,
) -> Answer<Json<User>> {
    Ok(Json(shared.chat.user(&id).await?))
}

/// The caller.
#[utoipa::path(get, operation_id = "getMe", path = "/api/me", tag = "people", responses((status = 200, body = User)))]
async fn me(State(shared): State<Arc<Shared>>, Caller(caller): Caller) -> Answer<Json<User>> {
    Ok(Json(shared.chat.user(&caller.id).await?))
}

/// Change the name that the caller is shown by.
#[utoipa::path(patch, operation_id = "updateMe", path = "/api/me", tag = "people", request_body = MePatch,
    responses((status = 200, body = User)))]
async fn change_me(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    Body(patch): Body<MePatch>,
) -> Answer<Json<User>> {
    let user = match patch.display_name {
        Some(name) => shared.chat.set_display_name(&caller.id, name).await?,
        None => shared.chat.user(&caller.id).await?,
    };
    Ok(Json(user))
}
