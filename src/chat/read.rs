//! Marking a room as read, up to a message.

use std::sync::Arc;

use super::Chat;
use crate::{
    commit::together::Asked,
    domain::{
        Seq,
        error::Problem,
        id::{RoomId, UserId},
        permission::Action,
    },
    ports::store::{ReadMark, ReadState},
};

/// A read position on its way to the store.
pub struct Marking {
    asked: Asked<Option<ReadState>>,
    chat: Arc<Chat>,
    user: UserId,
    room: RoomId,
}

impl Chat {
    /// Hands a position in, without waiting; one beyond the last message is taken for that one, and it only moves forward.
    pub fn mark_read(
        self: &Arc<Self>,
        user: &UserId,
        room: RoomId,
        seq: Seq,
    ) -> Result<Marking, Problem> {
        let asked = self.reading.ask(ReadMark {
            room: room.clone(),
            user: user.clone(),
            seq,
        })?;
        Ok(Marking {
            asked,
            chat: self.clone(),
            user: user.clone(),
            room,
        })
    }
}

impl Marking {
    /// Waits for the store, 3 s at most: where the user stands now.
    pub async fn marked(self) -> Result<ReadState, Problem> {
        if let Some(state) = self.asked.answer().await? {
            return Ok(state);
        }
        // No member: what they may know of the room decides the answer.
        self.chat
            .allowed(Action::MarkRead, &self.room, &self.user)
            .await?;
        // They have become one since.
        Err(Problem::unavailable())
    }
}
