//! REST bodies: requests and answers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::{
    Rev, Seq,
    error::Code,
    id::RoomId,
    message::Message,
    presence::User,
    room::{RoomView, Visibility},
};

/// The body of `POST /api/auth/guest`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct GuestRequest {
    /// The name to be known by, 1 to 32 characters; one that is taken gets a suffix.
    pub username: String,
}

/// The body of `POST /api/auth/refresh`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshRequest {
    /// From the last session; good once.
    pub refresh_token: String,
}

/// What a log-in gives.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAnswer {
    /// Who.
    pub user: User,
    /// For `Authorization: Bearer` and for the Socket.IO handshake.
    pub access_token: String,
    /// For the next session, once.
    pub refresh_token: String,
    /// Seconds for which the access token is good.
    pub expires_in: i64,
}

/// The query of `GET /api/rooms`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// `mine` (the default) or `public`.
    pub scope: Option<Scope>,
    /// Only rooms whose id or name holds this text.
    pub q: Option<String>,
    /// From the page before.
    pub cursor: Option<RoomId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// Which rooms to list.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Those the caller is a member of.
    #[default]
    Mine,
    /// Every public one.
    Public,
}

/// The answer of `GET /api/rooms`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoomsAnswer {
    /// Ascending by id.
    pub rooms: Vec<RoomView>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<RoomId>,
}

/// The body of `POST /api/rooms`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct RoomRequest {
    /// Its id; made by the server if not said.
    pub id: Option<RoomId>,
    /// Its name, 1 to 80 characters.
    pub name: String,
    /// What it is about, at most 500 characters.
    pub topic: Option<String>,
    /// `public` (the default) or `private`.
    pub visibility: Option<Visibility>,
}

/// The query of `GET /api/rooms/{id}/messages`: at most one of `before`, `after` and `around`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// The nearest messages below this `seq`.
    #[param(value_type = Option<i64>)]
    pub before: Option<Seq>,
    /// The nearest messages above this `seq`.
    #[param(value_type = Option<i64>)]
    pub after: Option<Seq>,
    /// The messages on both sides of this `seq`, with it.
    #[param(value_type = Option<i64>)]
    pub around: Option<Seq>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/rooms/{id}/messages`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagesAnswer {
    /// Ascending by `seq`.
    #[schema(value_type = Vec<Message>)]
    pub messages: Vec<Arc<Message>>,
    /// Whether there is more in the direction asked; without a place: older.
    pub has_more: bool,
    /// The room's revision when it was read.
    #[schema(value_type = i64)]
    pub rev: Rev,
}

/// The query of `GET /api/rooms/{id}/changes`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChangesQuery {
    /// The revision up to which the caller knows the room.
    #[param(value_type = i64, minimum = 0)]
    pub since: Rev,
}

/// The answer of `GET /api/rooms/{id}/presence`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceAnswer {
    /// Who is live in the room; at most 200 of them.
    pub online: Vec<User>,
    /// All of them.
    pub online_count: usize,
}

/// The answer of `POST /api/rooms/{id}/messages`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageAnswer {
    /// The message, which is durable.
    #[schema(value_type = Message)]
    pub message: Arc<Message>,
}

/// A failure (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemDetails {
    /// Always `about:blank`: `code` says more.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// The HTTP status in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong and what to do.
    pub detail: String,
    /// The same code as over Socket.IO.
    pub code: Code,
    /// In milliseconds: before then, trying again is of no use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
