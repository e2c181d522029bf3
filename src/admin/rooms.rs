//! `belfry admin rooms`
//!
//! What changes a room is done in the name of one of its owners, by the rules that bind them, and by the one way a room changes: the
//! commit gives a deletion its revision, a removal makes `access_rev` rise.

use std::fmt::Write;

use clap::{Args, Subcommand, ValueEnum};
use serde::Serialize;
use uuid::Uuid;

use super::{
    AdminError, Desk, json, lines, refused,
    table::{plain, short, table},
    users,
};
use crate::{
    domain::{
        change::{Change, Outcome, RoomChange, RoomDeletion},
        id::{RoomId, UserId},
        presence::{RemovalReason, Signal},
        room::{Member, Role, Room},
        timestamp::Timestamp,
    },
    ports::{
        bus::{News, Topic},
        store::{AllRoomsQuery, MemberChange, Premises, RoomOrder, RoomState},
    },
};

/// How often a membership is looked at again that was changed by somebody else meanwhile.
const LOOKS: u32 = 5;

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
    Delete {
        /// The room's id
        room: String,
        /// Really
        #[arg(long)]
        yes: bool,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// A part of the list.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only those whose id or name holds this
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// In which order
    #[arg(long, value_enum, default_value_t = By::Id)]
    by: By,
    /// Without so many of the first
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    skip: i64,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// Ascending by id
    Id,
    /// The most members first
    Members,
    /// The most messages first
    Messages,
    /// The newest message first
    Activity,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Rank {
    /// Reads and writes
    Member,
    /// Also keeps order
    Moderator,
    /// Also rules over roles and the room
    Owner,
}

impl Rank {
    fn role(self) -> Role {
        match self {
            Self::Member => Role::Member,
            Self::Moderator => Role::Moderator,
            Self::Owner => Role::Owner,
        }
    }
}

/// One room.
#[derive(Debug, Args)]
pub struct One {
    /// The room's id
    room: String,
    /// As JSON, as the REST interface says it
    #[arg(long)]
    json: bool,
}

/// A part of a room's members.
#[derive(Debug, Args)]
pub struct Members {
    /// The room's id
    room: String,
    /// Only user ids after this one
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// A user in a room.
#[derive(Debug, Args)]
pub struct Place {
    /// The room's id
    room: String,
    /// A user id or a username
    user: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomJson<'a> {
    #[serde(flatten)]
    room: &'a Room,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson<'a> {
    rooms: Vec<RoomJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberJson<'a> {
    user: UserJson<'a>,
    role: Role,
    joined_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserJson<'a> {
    id: &'a UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MembersJson<'a> {
    members: Vec<MemberJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a UserId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeletedJson<'a> {
    room_id: &'a RoomId,
    rev: i64,
}

impl<'a> RoomJson<'a> {
    fn of(state: &'a RoomState) -> Self {
        Self {
            room: &state.room,
            last_message_at: state.last_message_at,
        }
    }
}

impl<'a> MemberJson<'a> {
    fn of(member: &'a Member) -> Self {
        Self {
            user: UserJson {
                id: &member.account.id,
                username: &member.account.username,
                display_name: member.account.display_name.as_deref(),
            },
            role: member.role,
            joined_at: member.joined_at,
        }
    }
}

impl Rooms {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        match self {
            Self::List(listing) => list(desk, listing).await,
            Self::Show(one) => show(desk, one).await,
            Self::Members(wish) => members(desk, wish).await,
            Self::AddMember { place, role } => change(desk, place, Wish::Add(role.role())).await,
            Self::RemoveMember(place) => change(desk, place, Wish::Remove).await,
            Self::SetRole { place, role } => change(desk, place, Wish::Rank(role.role())).await,
            Self::Delete { room, yes, json } => delete(desk, &room, yes, json).await,
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

async fn list(desk: &Desk, listing: Listing) -> Result<String, AdminError> {
    let query = AllRoomsQuery {
        only: None,
        text: listing.find.filter(|text| !text.is_empty()),
        order: match listing.by {
            By::Id => RoomOrder::Id,
            By::Members => RoomOrder::Members,
            By::Messages => RoomOrder::Messages,
            By::Activity => RoomOrder::Activity,
        },
        skip: listing.skip,
        limit: listing.limit + 1,
    };
    let mut rooms = desk.store.all_rooms(&query).await?;
    let more = rooms.len() as i64 > listing.limit;
    rooms.truncate(listing.limit as usize);
    let next = more.then(|| (listing.skip + listing.limit).to_string());
    if listing.json {
        return Ok(json(&ListJson {
            rooms: rooms.iter().map(RoomJson::of).collect(),
            next_cursor: next,
        }));
    }
    if rooms.is_empty() {
        return Ok("No rooms.\n".to_owned());
    }
    let rows: Vec<[String; 6]> = rooms.iter().map(row).collect();
    let heading = [
        "ID",
        "VISIBILITY",
        "MEMBERS",
        "MESSAGES",
        "LAST MESSAGE",
        "NAME",
    ];
    let mut text = table(heading, &rows);
    if let Some(next) = next {
        let _ = writeln!(text, "There are more: --skip {next}");
    }
    Ok(text)
}

fn row(state: &RoomState) -> [String; 6] {
    let room = &state.room;
    [
        room.id.to_string(),
        room.visibility.as_str().to_owned(),
        room.member_count.to_string(),
        room.last_seq.to_string(),
        at(state.last_message_at),
        short(&plain(&room.name), 40),
    ]
}

fn at(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

async fn show(desk: &Desk, one: One) -> Result<String, AdminError> {
    let state = find(desk, &one.room).await?;
    if one.json {
        return Ok(json(&RoomJson::of(&state)));
    }
    let room = &state.room;
    let topic = room.topic.as_deref();
    Ok(lines(&[
        ("id", room.id.to_string()),
        ("name", plain(&room.name)),
        ("topic", topic.map_or_else(|| "-".to_owned(), plain)),
        ("visibility", room.visibility.as_str().to_owned()),
        ("made by", plain(room.created_by.as_str())),
        ("made", room.created_at.to_string()),
        ("members", room.member_count.to_string()),
        ("messages", room.last_seq.to_string()),
        ("last message", at(state.last_message_at)),
        ("revision", room.rev.to_string()),
    ]))
}

async fn members(desk: &Desk, wish: Members) -> Result<String, AdminError> {
    let room = find(desk, &wish.room).await?.room.id;
    let after = wish.after.as_deref().map(UserId::parse).transpose();
    let after = after.map_err(|error| AdminError::Refused(error.to_string()))?;
    let found = desk.store.members(&room, after.as_ref(), wish.limit + 1);
    let mut members = found.await?;
    let more = members.len() as i64 > wish.limit;
    members.truncate(wish.limit as usize);
    let next = members.last().filter(|_| more);
    let next = next.map(|member| &member.account.id);
    if wish.json {
        return Ok(json(&MembersJson {
            members: members.iter().map(MemberJson::of).collect(),
            next_cursor: next,
        }));
    }
    if members.is_empty() {
        return Ok("No members.\n".to_owned());
    }
    let rows = members.iter().map(|member| {
        [
            short(&plain(member.account.id.as_str()), 40),
            plain(&member.account.username),
            member.role.as_str().to_owned(),
            member.joined_at.to_string(),
        ]
    });
    let rows: Vec<[String; 4]> = rows.collect();
    let mut text = table(["USER", "USERNAME", "ROLE", "SINCE"], &rows);
    if let Some(next) = next {
        let _ = writeln!(text, "There are more: --after {}", plain(next.as_str()));
    }
    Ok(text)
}

/// What is to become of a membership.
#[derive(Clone, Copy)]
enum Wish {
    Add(Role),
    Rank(Role),
    Remove,
}

async fn owner(desk: &Desk, room: &RoomId) -> Result<UserId, AdminError> {
    match desk.store.owner_of(room).await? {
        Some(owner) => Ok(owner),
        None => refused(format!(
            "nobody owns the room {room}: it is a direct one, or everybody has left it; such a room stays as it is"
        )),
    }
}

/// Changes a membership as an owner of the room may; again if somebody else was faster.
async fn change(desk: &Desk, place: Place, wish: Wish) -> Result<String, AdminError> {
    let room = find(desk, &place.room).await?.room;
    let subject = users::find(desk, &place.user).await?.account;
    let who = plain(&subject.username);
    for _ in 0..LOOKS {
        let actor = owner(desk, &room.id).await?;
        let found = desk.store.member(&room.id, &actor, &subject.id).await?;
        let Some((view, role)) = found else {
            return refused(format!("there is no room \"{}\"", room.id));
        };
        let premises = Premises {
            room: room.id.clone(),
            visibility: view.room.visibility,
            actor,
            actor_role: Role::Owner,
            subject: subject.id.clone(),
            subject_role: role,
        };
        let changed = match (wish, role) {
            (Wish::Add(_), Some(role)) => {
                return refused(format!(
                    "{who} is a member of {} already, as {}",
                    room.id,
                    role.as_str()
                ));
            }
            (Wish::Rank(_) | Wish::Remove, None) => {
                return refused(format!("{who} is no member of {}", room.id));
            }
            (Wish::Add(role), None) => {
                let now = Timestamp::now();
                desk.store.add_member(&premises, role, now).await?
            }
            (Wish::Rank(role), Some(_)) => desk.store.set_role(&premises, role).await?,
            (Wish::Remove, Some(_)) => desk.store.remove_member(&premises).await?,
        };
        match changed {
            MemberChange::Done(member) => {
                return Ok(done(desk, &room.id, &member, wish, place.json));
            }
            MemberChange::Moved => {}
            MemberChange::LastOwner => {
                return refused(format!(
                    "{} would have members and no owner: make somebody else an owner first, or delete it",
                    room.id
                ));
            }
            MemberChange::NoUser => return refused(format!("there is no user \"{who}\"")),
        }
    }
    refused("the membership did not hold still for long enough to be changed; try again")
}

fn done(desk: &Desk, room: &RoomId, member: &Member, wish: Wish, as_json: bool) -> String {
    let who = plain(&member.account.username);
    let words = match wish {
        Wish::Add(_) | Wish::Rank(_) => {
            format!("{who} is {} of {room}.\n", member.role.as_str())
        }
        Wish::Remove => {
            let room_id = room.clone();
            let removed = Signal::Removed {
                room_id: room.clone(),
                user_id: member.account.id.clone(),
                reason: RemovalReason::Kicked,
            };
            desk.tell(vec![Signal::Access { room_id }, removed]);
            format!("{who} is no member of {room} any more. {}\n", desk.when())
        }
    };
    match as_json {
        true => json(&MemberJson::of(member)),
        false => words,
    }
}

async fn delete(desk: &Desk, room: &str, yes: bool, as_json: bool) -> Result<String, AdminError> {
    let state = find(desk, room).await?;
    let id = state.room.id.clone();
    if !yes {
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
    Ok(match as_json {
        true => json(&DeletedJson { room_id: &id, rev }),
        false => format!("The room {id} is deleted. {}\n", desk.when()),
    })
}
