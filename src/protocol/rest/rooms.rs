//! Rooms.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::given;
use crate::{
    domain::{
        error::Problem,
        id::{RoomId, UserId},
        room::{RoomView, Visibility},
    },
    protocol::word::{given_word, one_of, optional_word},
};

/// The most rooms that one answer holds.
pub const ROOMS_MAX: i64 = 2_000;
/// How many rooms an answer holds when the client does not say.
const ROOMS_DEFAULT: i64 = 50;
/// The most characters of a text to look for.
const SEARCH_MAX: usize = 100;

/// The query of `GET /api/rooms`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RoomsQuery {
    /// `mine` (the default) or `public`.
    #[param(inline)]
    pub scope: Option<Scope>,
    /// Only rooms whose id or name holds this text.
    #[param(max_length = 100, pattern = r"^[^\u0000]*$")]
    pub q: Option<String>,
    /// From the page before.
    pub cursor: Option<RoomId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 2000)]
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
    #[schema(
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$"
    )]
    pub name: String,
    /// What it is about, at most 500 characters.
    #[schema(max_length = 500, pattern = r"^[^\u0000]*$")]
    pub topic: Option<String>,
    /// `public` (the default) or `private`.
    #[serde(default, deserialize_with = "optional_word")]
    #[schema(schema_with = one_of::<Wanted>)]
    pub visibility: Option<Visibility>,
}

/// What a room may be made. A direct one is made by its own path, for two users.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Wanted {
    Public,
    Private,
}

/// How many rooms are asked for, or the default.
pub fn check_rooms_limit(limit: Option<i64>) -> Result<i64, Problem> {
    match limit {
        None => Ok(ROOMS_DEFAULT),
        Some(limit) if (1..=ROOMS_MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(Problem::invalid("`limit` is a number from 1 to 2000.")),
    }
}

/// The text to look for; an empty one is none.
pub fn check_search(q: Option<String>) -> Result<Option<String>, Problem> {
    let text = q.filter(|text| !text.is_empty());
    let fits = |text: &String| !text.contains('\0') && text.chars().count() <= SEARCH_MAX;
    if !text.as_ref().is_none_or(fits) {
        return Err(Problem::invalid("`q` is at most 100 characters."));
    }
    Ok(text)
}

/// The body of `PATCH /api/rooms/{id}`. What is left out stays.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct RoomPatch {
    /// Another name, 1 to 80 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(
        nullable = false,
        min_length = 1,
        max_length = 80,
        pattern = r"^[^\u0000-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u001F\u007F-\u009F]*$"
    )]
    pub name: Option<String>,
    /// Another topic, at most 500 characters; null, or an empty one, takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 500, pattern = r"^[^\u0000]*$")]
    pub topic: Option<Option<String>>,
    /// `public` or `private`.
    #[serde(default, deserialize_with = "given_word")]
    #[schema(inline, nullable = false, value_type = Wanted)]
    pub visibility: Option<Visibility>,
}

/// The body of `POST /api/direct`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DirectRequest {
    /// Whom to talk to.
    pub user_id: UserId,
}
