//! What the operator's rules have done to messages, and why.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BackendError;
use crate::domain::{
    Rev, Seq,
    id::{MessageId, RoomId, UserId},
    timestamp::Timestamp,
};

/// The log of moderation, for those who moderate a room.
#[async_trait]
pub trait ModerationStore: Send + Sync {
    /// Notes what was done to messages. One that is noted already for the same text is left as it is.
    async fn note_moderation(&self, noted: &[Moderated]) -> Result<(), BackendError>;

    /// What was done in a room, the newest message first, to messages below `before`, at most `limit`.
    async fn moderation(
        &self,
        room: &RoomId,
        before: Option<Seq>,
        limit: i64,
    ) -> Result<Vec<Moderated>, BackendError>;

    /// How many of the 50 messages before this place in the room are by that user, have exactly that text and are not older
    /// than `since`.
    async fn repeats(
        &self,
        room: &RoomId,
        seq: Seq,
        user: &UserId,
        content: &str,
        since: Timestamp,
    ) -> Result<i64, BackendError>;
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
    /// The revision that gave it the text that was judged.
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

/// What is done to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModerationAction {
    /// The words that offend are covered.
    Mask,
    /// The text is gone, as after a deletion.
    Remove,
}
