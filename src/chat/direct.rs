//! The direct room of two users.

use super::{Chat, people::no_user, rooms::fresh_id, unavailable};
use crate::{
    domain::{
        account::Account,
        error::Problem,
        id::UserId,
        room::{NAME_MAX, RoomView, Visibility},
        timestamp::Timestamp,
    },
    ports::store::NewRoom,
};

/// A direct room.
#[derive(Debug, Clone)]
pub struct DirectRoom {
    /// As the asker sees it.
    pub room: RoomView,
    /// Whether this call has made it.
    pub made: bool,
}

impl Chat {
    /// The direct room of the asker and another user: made once, however often either of them asks, on whichever replica.
    pub async fn direct_room(
        &self,
        asker: &Account,
        other: &UserId,
    ) -> Result<DirectRoom, Problem> {
        if asker.id == *other {
            return Err(Problem::invalid(
                "`userId` is your own; a direct room is for two.",
            ));
        }
        let found = self.parts.store.accounts(std::slice::from_ref(other)).await;
        let found = found.map_err(unavailable)?;
        let friend = found.first().ok_or_else(no_user)?;
        let name = format!("{}, {}", asker.username, friend.username);
        let wish = NewRoom {
            id: fresh_id()?,
            name: name.chars().take(NAME_MAX).collect(),
            topic: None,
            visibility: Visibility::Direct,
            created_by: asker.id.clone(),
            at: Timestamp::now(),
        };
        let room = self.parts.store.direct_room(&wish, other).await;
        let room = room.map_err(unavailable)?.ok_or_else(no_user)?;
        Ok(DirectRoom {
            made: room.room.id == wish.id,
            room,
        })
    }
}
