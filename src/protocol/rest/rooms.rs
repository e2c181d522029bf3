//! Rooms.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::{
    id::RoomId,
    room::{RoomView, Visibility},
};

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
