//! `belfry admin rooms`
//!
//! What changes a room is done in the name of one of its owners, by the rules that bind them, and by the one way a room changes: the
//! commit gives a deletion its revision, a removal makes `access_rev` rise.

mod deletion;
mod listing;
mod members;

use clap::Subcommand;

use self::{
    deletion::Deletion,
    listing::{Listing, One},
    members::{Members, Place, Rank, Wish, change},
};
use super::{AdminError, Desk, refused, table::plain};
use crate::{
    domain::id::{RoomId, UserId},
    ports::store::{AllRoomsQuery, RoomOrder, RoomState},
};

/// What there is to do with rooms.
#[derive(Debug, Subcommand)]
pub enum Rooms {
    /// List rooms
    List(Listing),
    /// Show a room
    Show(One),
    /// List a room's members, by user id
    Members(Members),
    /// Make somebody a member
    AddMember {
        /// Where and whom
        #[command(flatten)]
        place: Place,
        /// As what
        #[arg(long, value_enum, default_value_t = Rank::Member)]
        role: Rank,
    },
    /// End a membership
    RemoveMember(Place),
    /// Give a member another role
    SetRole {
        /// Where and whom
        #[command(flatten)]
        place: Place,
        /// Which
        #[arg(value_enum)]
        role: Rank,
    },
    /// End a room for good: its id is never used again
    Delete(Deletion),
}

impl Rooms {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        match self {
            Self::List(listing) => listing.carry_out(desk).await,
            Self::Show(one) => one.carry_out(desk).await,
            Self::Members(part) => part.carry_out(desk).await,
            Self::AddMember { place, role } => change(desk, place, Wish::Add(role.role())).await,
            Self::RemoveMember(place) => change(desk, place, Wish::Remove).await,
            Self::SetRole { place, role } => change(desk, place, Wish::Rank(role.role())).await,
            Self::Delete(deletion) => deletion.carry_out(desk).await,
        }
    }
}

async fn find(desk: &Desk, room: &str) -> Result<RoomState, AdminError> {
    let absent = || format!("there is no room \"{}\"", plain(room));
    let Ok(id) = RoomId::parse(room) else {
        return refused(absent());
    };
    let query = AllRoomsQuery {
        only: Some(id),
        text: None,
        order: RoomOrder::Id,
        skip: 0,
        limit: 1,
    };
    let found = desk.store.all_rooms(&query).await?.pop();
    found.map_or_else(|| refused(absent()), Ok)
}

async fn owner(desk: &Desk, room: &RoomId) -> Result<UserId, AdminError> {
    match desk.store.owner_of(room).await? {
        Some(owner) => Ok(owner),
        None => refused(format!(
            "nobody owns the room {room}: it is a direct one, or everybody has left it; such a room stays as it is"
        )),
    }
}
