//! Messages.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::{Rev, Seq, message::Message};

/// The query of `GET /api/rooms/{id}/messages`: at most one of `before`, `after` and `around`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// The nearest messages below this `seq`.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub before: Option<Seq>,
    /// The nearest messages above this `seq`.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub after: Option<Seq>,
    /// The messages on both sides of this `seq`, with it.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub around: Option<Seq>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/rooms/{id}/messages`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessagesAnswer {
    /// Ascending by `seq`, with what is the caller's own (`mine`).
    #[schema(value_type = Vec<Message>)]
    pub messages: Vec<Arc<Message>>,
    /// Whether there is more in the direction asked; without a place: older.
    pub has_more: bool,
    /// The room's revision when it was read.
    #[schema(value_type = i64, minimum = 0)]
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

/// The answer of `POST /api/rooms/{id}/messages`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageAnswer {
    /// The message, which is durable, with what is the caller's own (`mine`).
    #[schema(value_type = Message)]
    pub message: Arc<Message>,
}
