//! Who is in a room: its members, and what changes one.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::{find, owner};
use crate::{
    admin::{
        AdminError, Desk,
        answer::{Limit, answer},
        refused,
        table::{plain, short},
        users,
    },
    domain::{
        id::{RoomId, UserId},
        presence::{RemovalReason, Signal},
        room::{Member, Role},
        timestamp::Timestamp,
    },
    ports::store::{MemberChange, Premises},
};

/// How often a membership is looked at again that was changed by somebody else meanwhile.
const LOOKS: u32 = 5;

/// A part of a room's members.
#[derive(Debug, Args)]
pub struct Members {
    /// The room's id
    room: String,
    /// Only user ids after this one
    #[arg(long, value_name = "ID")]
    after: Option<String>,
    /// How many
    #[command(flatten)]
    limit: Limit,
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

/// What somebody is to be.
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
    pub(super) fn role(self) -> Role {
        match self {
            Self::Member => Role::Member,
            Self::Moderator => Role::Moderator,
            Self::Owner => Role::Owner,
        }
    }
}

/// What is to become of a membership.
#[derive(Clone, Copy)]
pub(super) enum Wish {
    Add(Role),
    Rank(Role),
    Remove,
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

impl Members {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        let room = find(desk, &self.room).await?.room.id;
        let after = self.after.as_deref().map(UserId::parse).transpose();
        let after = after.map_err(|error| AdminError::Refused(error.to_string()))?;
        let found = desk
            .store
            .members(&room, after.as_ref(), self.limit.asked());
        let page = self.limit.page(found.await?);
        let next = page.last_of_more().map(|member| &member.account.id);
        let value = MembersJson {
            members: page.shown.iter().map(MemberJson::of).collect(),
            next_cursor: next,
        };
        Ok(answer(self.json, &value, || {
            let heading = ["USER", "USERNAME", "ROLE", "SINCE"];
            let next = next.map(|next| format!("--after {}", plain(next.as_str())));
            page.table("members", heading, row, next)
        }))
    }
}

fn row(member: &Member) -> [String; 4] {
    [
        short(&plain(member.account.id.as_str()), 40),
        plain(&member.account.username),
        member.role.as_str().to_owned(),
        member.joined_at.to_string(),
    ]
}

/// Changes a membership as an owner of the room may; again if somebody else was faster.
pub(super) async fn change(desk: &Desk, place: Place, wish: Wish) -> Result<String, AdminError> {
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
            // The reason before the fact.
            desk.tell(vec![removed, Signal::Access { room_id }]);
            format!("{who} is no member of {room} any more. {}\n", desk.when())
        }
    };
    answer(as_json, &MemberJson::of(member), || words)
}
