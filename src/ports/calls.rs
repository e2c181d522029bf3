//! Who has called everybody in a room with `@here`: of a user's messages in a room, one in [`CALL_EVERY`], over all workers together.
//!
//! Not a rate limit: what is held belongs to one message, which may come again, since a job may be done twice and a text edited.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::id::{MessageId, RoomId, UserId};

/// After a call of somebody's in a room, no other message of theirs calls there for so long.
pub const CALL_EVERY: Duration = Duration::from_secs(10);

/// The calls of lately.
#[async_trait]
pub trait Calls: Send + Sync {
    /// Whether that message of the user's may call everybody in the room. Of those that ask within [`CALL_EVERY`], the first may, and
    /// may again: so a question whose answer was lost can be asked once more, and holds nobody back for longer. Nor does a refusal.
    /// After that time the same message is like any other: it may call, and holds the others back anew. Ends within 500 ms. What is
    /// held may be forgotten early where the backend loses what it has.
    async fn take(
        &self,
        user: &UserId,
        room: &RoomId,
        message: MessageId,
    ) -> Result<bool, BackendError>;
}
