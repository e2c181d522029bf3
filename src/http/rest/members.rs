//! Members of a room.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::super::{
    caller::Caller,
    problem::{Answer, Body, InPath, InQuery},
    router::Shared,
};
use crate::{
    chat::members::MemberView,
    domain::{
        id::{RoomId, UserId},
        room::Role,
    },
    protocol::{
        client_event::check_limit,
        rest::{MemberAnswer, MemberRequest, MembersAnswer, MembersQuery, RoleRequest},
    },
};

pub(super) fn routes() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(members, add_member))
        .routes(routes!(set_role, remove_member))
}

/// The members of a room.
#[utoipa::path(get, operation_id = "listMembers", path = "/api/rooms/{id}/members", tag = "members", params(("id" = RoomId, Path, description = "Which room."), MembersQuery),
    responses((status = 200, body = MembersAnswer), (status = 404, description = "There is no such room, or it is not the caller's to see")))]
async fn members(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    InQuery(query): InQuery<MembersQuery>,
) -> Answer<Json<MembersAnswer>> {
    let limit = check_limit(query.limit)?;
    let after = query.cursor.as_ref();
    let list = shared.chat.members(&caller.id, &id, after, limit).await?;
    Ok(Json(MembersAnswer {
        members: list.members.into_iter().map(answer).collect(),
        next_cursor: list.next,
    }))
}

/// Make somebody a member.
#[utoipa::path(post, operation_id = "addMember", path = "/api/rooms/{id}/members", tag = "members", params(("id" = RoomId, Path, description = "Which room.")), request_body = MemberRequest,
    responses((status = 201, body = MemberAnswer), (status = 200, description = "A member already, as they are.", body = MemberAnswer), (status = 403, description = "The caller's role does not allow it, or the room is direct"), (status = 404, description = "There is no such room, or no such user"), (status = 429, description = "More than the caller may send messages")))]
async fn add_member(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath(id): InPath<RoomId>,
    Body(request): Body<MemberRequest>,
) -> Answer<(StatusCode, Json<MemberAnswer>)> {
    let role = request.role.unwrap_or(Role::Member);
    let added = shared
        .chat
        .add_member(&caller.id, &id, &request.user_id, role)
        .await?;
    let status = if added.already {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(answer(added.member))))
}

/// Give a member another role.
#[utoipa::path(patch, operation_id = "setRole", path = "/api/rooms/{id}/members/{userId}", tag = "members", params(("id" = RoomId, Path, description = "Which room."), ("userId" = UserId, Path, description = "Which member.")),
    request_body = RoleRequest, responses((status = 200, body = MemberAnswer), (status = 403, description = "The caller's role does not allow it, or the room is direct"), (status = 404, description = "There is no such room, or no such member"), (status = 409, description = "The room would be left without an owner")))]
async fn set_role(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath((id, user_id)): InPath<(RoomId, UserId)>,
    Body(request): Body<RoleRequest>,
) -> Answer<Json<MemberAnswer>> {
    let member = shared
        .chat
        .set_role(&caller.id, &id, &user_id, request.role)
        .await?;
    Ok(Json(answer(member)))
}

/// Kick a member, or leave.
#[utoipa::path(delete, operation_id = "removeMember", path = "/api/rooms/{id}/members/{userId}", tag = "members", params(("id" = RoomId, Path, description = "Which room."), ("userId" = UserId, Path, description = "Which member.")),
    responses((status = 204), (status = 403, description = "The caller's role does not allow it, or the room is direct"), (status = 404, description = "There is no such room, or no such member"), (status = 409, description = "The room would have members and no owner")))]
async fn remove_member(
    State(shared): State<Arc<Shared>>,
    Caller(caller): Caller,
    InPath((id, user_id)): InPath<(RoomId, UserId)>,
) -> Answer<StatusCode> {
    shared.chat.remove_member(&caller.id, &id, &user_id).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(member: MemberView) -> MemberAnswer {
    MemberAnswer {
        user: member.user,
        role: member.role,
        joined_at: member.joined_at,
    }
}
