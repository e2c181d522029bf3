//! Members of a room.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    domain::{id::UserId, presence::User, room::Role, timestamp::Timestamp},
    protocol::word::{optional_word, word},
};

/// The query of `GET /api/rooms/{id}/members`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MembersQuery {
    /// From the page before.
    pub cursor: Option<UserId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/rooms/{id}/members`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MembersAnswer {
    /// Ascending by user id.
    pub members: Vec<MemberAnswer>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<UserId>,
}

/// Somebody's place in a room.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberAnswer {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// The body of `POST /api/rooms/{id}/members`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MemberRequest {
    /// Whom to add.
    pub user_id: UserId,
    /// As what; `member` if not said.
    #[serde(default, deserialize_with = "optional_word")]
    pub role: Option<Role>,
}

/// The body of `PATCH /api/rooms/{id}/members/{userId}`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct RoleRequest {
    /// The new role.
    #[serde(deserialize_with = "word")]
    pub role: Role,
}
