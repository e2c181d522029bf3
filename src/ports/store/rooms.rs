//! Rooms.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    Rev,
    id::{RoomId, UserId},
    room::{Role, Room, RoomView, Standing, Visibility},
    timestamp::Timestamp,
};

/// Rooms.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Makes a room whose creator is its owner and only member. `None` when the id is, or ever was, taken.
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError>;

    /// The room, with the asker's standing if they are a member. `None` when there is none; whether the asker may see it is for
    /// the caller to judge.
    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError>;

    /// Rooms, ascending by id, after `after`, at most `limit`; see [`RoomScope`].
    async fn rooms(&self, query: &RoomQuery) -> Result<Vec<RoomView>, BackendError>;

    /// Where each of the rooms stands, deleted ones too; those that never were are left out, and there is no order. One statement.
    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError>;

    /// The direct room of two users: made by the first call, found by all others, on whichever replica and whoever of the two
    /// asks. Both are members (with the role `member`: nobody owns it), and have read everything. `None` when one of them does not
    /// exist. The answer is as `room.created_by` sees it; of a room that is there already, nothing is changed. `room.visibility`
    /// is taken for direct, and `room.id` must be a fresh one: it is a fault if another room has it.
    async fn direct_room(
        &self,
        room: &NewRoom,
        other: &UserId,
    ) -> Result<Option<RoomView>, BackendError>;
}

/// A room to be made. Its fields have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub topic: Option<String>,
    /// Public or private; see also [`RoomStore::direct_room`].
    pub visibility: Visibility,
    /// Its owner.
    pub created_by: UserId,
    /// When.
    pub at: Timestamp,
}

impl NewRoom {
    /// What the direct rooms of two users have in common, and those of others have not: the two ids in order.
    pub fn direct_key(&self, other: &UserId) -> String {
        let (one, two) = (&self.created_by, other);
        let (first, second) = if one <= two { (one, two) } else { (two, one) };
        serde_json::json!([first, second]).to_string()
    }

    /// The room as its owner sees it when it has just been made.
    pub fn as_made(&self) -> RoomView {
        RoomView {
            room: Room {
                id: self.id.clone(),
                name: self.name.clone(),
                topic: self.topic.clone(),
                visibility: self.visibility,
                created_by: self.created_by.clone(),
                created_at: self.at,
                rev: 0,
                last_seq: 0,
                member_count: 1,
            },
            standing: Some(Standing {
                role: Role::Owner,
                unread: 0,
                unread_mentions: 0,
                last_read_seq: 0,
            }),
        }
    }
}

/// Which rooms to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomQuery {
    /// Whose, or all public ones.
    pub scope: RoomScope,
    /// Who asks; standings are theirs.
    pub asker: UserId,
    /// Only rooms whose id or name holds this text, without case. `%` and `_` stand for themselves. No NUL.
    pub text: Option<String>,
    /// Only ids above this one.
    pub after: Option<RoomId>,
    /// At most so many.
    pub limit: i64,
}

/// See [`RoomQuery`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomScope {
    /// Those that the asker is a member of.
    Mine,
    /// Every public one.
    Public,
}

/// Where a room stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standpoint {
    /// Which room.
    pub room: RoomId,
    /// Its revision.
    pub rev: Rev,
    /// Rises when somebody loses the right to be there, and when the visibility changes.
    pub access_rev: i64,
    /// Whether the room has been deleted; `rev` is then that of its deletion.
    pub deleted: bool,
}
