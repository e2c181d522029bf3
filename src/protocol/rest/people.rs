//! People.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::presence::User;

/// The answer of `GET /api/rooms/{id}/presence`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceAnswer {
    /// Who is live in the room; at most 200 of them.
    pub online: Vec<User>,
    /// All of them.
    pub online_count: usize,
}
