//! The end of a room.

use clap::Args;
use serde::Serialize;
use uuid::Uuid;

use super::{find, owner};
use crate::{
    admin::{AdminError, Desk, answer::answer, refused},
    domain::{
        change::{Change, Outcome, RoomChange, RoomDeletion},
        id::RoomId,
        timestamp::Timestamp,
    },
    ports::bus::{News, Topic},
};

/// Which room is to end, and whether that is meant.
#[derive(Debug, Args)]
pub struct Deletion {
    /// The room's id
    room: String,
    /// Really
    #[arg(long)]
    yes: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeletedJson<'a> {
    room_id: &'a RoomId,
    rev: i64,
}

impl Deletion {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        let state = find(desk, &self.room).await?;
        let id = state.room.id.clone();
        if !self.yes {
            return refused(format!(
                "{id} has {} members and {} messages, and would be gone for good: add --yes",
                state.room.member_count, state.room.last_seq
            ));
        }
        let deletion = RoomDeletion {
            id: Uuid::now_v7(),
            room_id: id.clone(),
            user_id: owner(desk, &id).await?,
            at: Timestamp::now(),
        };
        let outcomes = desk.store.commit(&[Change::DeleteRoom(deletion)]).await?;
        let rev = match outcomes.into_iter().next() {
            Some(
                Outcome::Committed(RoomChange::Closed { rev, .. })
                | Outcome::Already(RoomChange::Closed { rev, .. }),
            ) => rev,
            _ => {
                return refused(format!(
                    "{id} was not deleted: it has just been deleted by somebody else, or has another owner now; look again"
                ));
            }
        };
        if let Some(bus) = &desk.bus {
            let closed = RoomChange::Closed {
                room_id: id.clone(),
                rev,
            };
            bus.publish(&Topic::Room(id.clone()), &News::Changes(vec![closed]));
        }
        let value = DeletedJson { room_id: &id, rev };
        Ok(answer(self.json, &value, || {
            format!("The room {id} is deleted. {}\n", desk.when())
        }))
    }
}
