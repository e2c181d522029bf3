//! People.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::given;
use crate::domain::{error::Problem, presence::User};

/// The answer of `GET /api/rooms/{id}/presence`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PresenceAnswer {
    /// Who is live in the room; at most 200 of them.
    pub online: Vec<User>,
    /// All of them.
    pub online_count: usize,
}

/// The query of `GET /api/users`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UsersQuery {
    /// Only users whose username or display name holds this text.
    #[param(max_length = 100, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// From the page before.
    #[param(pattern = r"^[^\u0000]*$")]
    pub cursor: Option<String>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/users`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UsersAnswer {
    /// Ascending by username, without case.
    pub users: Vec<User>,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// The body of `PATCH /api/me`. What is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MePatch {
    /// The name to be shown by, 1 to 64 characters that can be seen; null takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    pub display_name: Option<Option<String>>,
}

/// Where a page of users begins, if a page could: a cursor is made of one username.
pub fn check_users_cursor(cursor: Option<String>) -> Result<Option<String>, Problem> {
    let fits = |cursor: &String| !cursor.contains('\0') && cursor.len() <= 1_000;
    if !cursor.as_ref().is_none_or(fits) {
        return Err(Problem::invalid(
            "`cursor` is the `nextCursor` of the page before.",
        ));
    }
    Ok(cursor)
}
