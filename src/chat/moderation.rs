//! Reading what the operator's rules have done in a room.

use super::{Chat, unavailable};
use crate::{
    domain::{
        Rev,
        error::Problem,
        id::{RoomId, UserId},
        permission::Action,
    },
    ports::store::Moderated,
};

/// A page of the log of moderation.
#[derive(Debug, Clone)]
pub struct ModerationPage {
    /// The newest text first.
    pub moderated: Vec<Moderated>,
    /// Whether there are older ones.
    pub has_more: bool,
}

impl Chat {
    /// What was done in a room to texts of a revision below `before`, at most `limit` (checked).
    pub async fn moderation(
        &self,
        asker: &UserId,
        room: &RoomId,
        before: Option<Rev>,
        limit: i64,
    ) -> Result<ModerationPage, Problem> {
        self.allowed(Action::SeeModeration, room, asker).await?;
        let found = self.parts.store.moderation(room, before, limit + 1).await;
        let mut moderated = found.map_err(unavailable)?;
        let has_more = moderated.len() > limit as usize;
        moderated.truncate(limit as usize);
        Ok(ModerationPage {
            moderated,
            has_more,
        })
    }
}
