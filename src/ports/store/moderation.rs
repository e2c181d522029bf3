//! What the operator's rules have done to messages, and why.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BackendError;
pub use crate::domain::moderation::ModerationAction;
use crate::domain::{
    Rev, Seq,
    id::{MessageId, RoomId, UserId},
    timestamp::Timestamp,
};

/// The log of moderation, for those who moderate a room. An entry is made by the commit that does what it tells of, one for each
/// text that was judged, the last deed of it: there is none without its deed, and no deed without one.
#[async_trait]
pub trait ModerationStore: Send + Sync {
    /// What was done in a room, the newest text first, to texts of a revision below `before`, at most `limit`; nothing if the room has been
    /// deleted.
    async fn moderation(
        &self,
        room: &RoomId,
        before: Option<Rev>,
        limit: i64,
    ) -> Result<Vec<Moderated>, BackendError>;

    /// Of the 50 messages before this place in the room, those that are by that user, have exactly one of the texts, and were sent no
    /// longer before the message at that place than `within`: how long before it each was, in no order. None if there is no such
    /// message.
    async fn repeats(
        &self,
        room: &RoomId,
        seq: Seq,
        user: &UserId,
        texts: &[String],
        within: Duration,
    ) -> Result<Vec<Duration>, BackendError>;

    /// Those who moderate a room, its owners included, in no order; at most 1,000, and nobody if it has been deleted.
    async fn moderators(&self, room: &RoomId) -> Result<Vec<UserId>, BackendError>;

    /// Removes entries older than that, the oldest first, at most `limit`; answers how many. The messages stay as they are.
    async fn forget_moderation(&self, before: Timestamp, limit: i64) -> Result<u64, BackendError>;
}

/// The most who are told of what was done in a room.
pub const MODERATORS_MAX: i64 = 1_000;
/// How many messages before one are looked at for repeats of it.
pub const REPEATS_AMONG: i64 = 50;

/// What lies between two messages, in milliseconds as stores have it; nothing where clocks disagree about which came first.
pub(crate) fn age_of(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// A message that a rule has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Moderated {
    /// Where.
    pub room_id: RoomId,
    /// Which message.
    pub message_id: MessageId,
    /// Its place.
    #[schema(value_type = i64)]
    pub seq: Seq,
    /// The revision that gave it the text that was judged. No other entry of the room has the same one.
    #[schema(value_type = i64)]
    pub content_rev: Rev,
    /// Whose it is.
    pub user_id: UserId,
    /// What was done.
    pub action: ModerationAction,
    /// Why, in the operator's words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}
