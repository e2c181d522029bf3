//! Who belongs to a room: adding, ranking, kicking and leaving.

use std::time::Duration;

use rand::RngExt;

use super::{Chat, judged, people::no_user, refusals, unavailable};
use crate::{
    domain::{
        error::{Code, Problem},
        id::{RoomId, UserId},
        permission::{Action, may_rank},
        presence::{RemovalReason, Signal, User},
        room::{Member, Role},
        timestamp::Timestamp,
    },
    ports::{
        limits::Key,
        store::{MemberChange, Premises},
    },
};

/// What adding people is counted as.
const ADDS: &str = "add_member";

/// How often a membership is looked at again that was changed by somebody else meanwhile.
const LOOKS: u32 = 5;

/// Somebody's place in a room, as people see it.
#[derive(Debug, Clone)]
pub struct MemberView {
    /// Who.
    pub user: User,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// A page of members.
#[derive(Debug, Clone)]
pub struct MemberList {
    /// Ascending by user id.
    pub members: Vec<MemberView>,
    /// Where the next page begins, if there is one.
    pub next: Option<UserId>,
}

/// A member after being added.
#[derive(Debug, Clone)]
pub struct Added {
    /// As they are now.
    pub member: MemberView,
    /// Whether they were a member already; then nothing has changed.
    pub already: bool,
}

/// What is to become of a membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Add(Role),
    Rank(Role),
    Remove,
}

impl Wish {
    fn action(self) -> Action {
        match self {
            Self::Add(_) => Action::AddMember,
            Self::Rank(_) => Action::SetRole,
            Self::Remove => Action::RemoveMember,
        }
    }
}

impl Chat {
    /// Members of a room, at most `limit` (checked), after `after`.
    pub async fn members(
        &self,
        asker: &UserId,
        room: &RoomId,
        after: Option<&UserId>,
        limit: i64,
    ) -> Result<MemberList, Problem> {
        self.allowed(Action::Read, room, asker).await?;
        let found = self.parts.store.members(room, after, limit + 1).await;
        let mut members = found.map_err(unavailable)?;
        let more = members.len() > limit as usize;
        members.truncate(limit as usize);
        let last = members.last().map(|member| member.account.id.clone());
        Ok(MemberList {
            members: self.members_seen(members).await?,
            next: last.filter(|_| more),
        })
    }

    /// Makes somebody a member of the asker's room, and notifies them. Who is one already stays as they are. The asker may try as
    /// often as they may send messages.
    pub async fn add_member(
        &self,
        asker: &UserId,
        room: &RoomId,
        subject: &UserId,
        role: Role,
    ) -> Result<Added, Problem> {
        self.may_add(asker).await?;
        let wish = Wish::Add(role);
        let (member, before) = self.change_member(asker, room, subject, wish).await?;
        if before.is_none() {
            self.notify_invited(asker, room, subject).await;
        }
        Ok(Added {
            member: self.member_seen(member).await?,
            already: before.is_some(),
        })
    }

    async fn may_add(&self, asker: &UserId) -> Result<(), Problem> {
        let key = Key::new(ADDS, asker.as_str());
        match self.parts.limits.take(&key, self.sends).await.refused() {
            None => Ok(()),
            Some(wait) => Err(Problem::rate_limited(
                "You add people faster than this server takes; wait a little.",
                Some(wait),
            )),
        }
    }

    /// Gives a member another role.
    pub async fn set_role(
        &self,
        asker: &UserId,
        room: &RoomId,
        subject: &UserId,
        role: Role,
    ) -> Result<MemberView, Problem> {
        let wish = Wish::Rank(role);
        let (member, _) = self.change_member(asker, room, subject, wish).await?;
        self.member_seen(member).await
    }

    /// Ends a membership: the asker's own, or somebody else's. Their sockets are told, wherever they are.
    pub async fn remove_member(
        &self,
        asker: &UserId,
        room: &RoomId,
        subject: &UserId,
    ) -> Result<(), Problem> {
        self.change_member(asker, room, subject, Wish::Remove)
            .await?;
        let reason = if asker == subject {
            RemovalReason::Left
        } else {
            RemovalReason::Kicked
        };
        // The reason first: whoever finds the fact before it can only say that somebody is no member any more.
        self.parts.telling.tell(vec![
            Signal::Removed {
                room_id: room.clone(),
                user_id: subject.clone(),
                reason,
            },
            Signal::Access {
                room_id: room.clone(),
            },
        ]);
        Ok(())
    }

    /// Judges, and has the store change what was judged; again if somebody else was faster. Answers with the member and the role
    /// that they had before.
    async fn change_member(
        &self,
        asker: &UserId,
        room: &RoomId,
        subject: &UserId,
        wish: Wish,
    ) -> Result<(Member, Option<Role>), Problem> {
        for look in 0..LOOKS {
            if look > 0 {
                let pause = rand::rng().random_range(2..=8_u64) << look;
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            let premises = self.premises(asker, room, subject, wish).await?;
            let store = &self.parts.store;
            let changed = match (wish, premises.subject_role) {
                (Wish::Add(role), None) => {
                    store.add_member(&premises, role, Timestamp::now()).await
                }
                // As they are: the same role again is how the store says who they are.
                (Wish::Add(_), Some(now)) => store.set_role(&premises, now).await,
                (_, None) => return Err(Problem::new(Code::NotFound, "There is no such member.")),
                (Wish::Rank(role), Some(_)) => store.set_role(&premises, role).await,
                (Wish::Remove, Some(_)) => store.remove_member(&premises).await,
            };
            match changed.map_err(unavailable)? {
                MemberChange::Done(member) => return Ok((member, premises.subject_role)),
                MemberChange::Moved => {}
                MemberChange::LastOwner => return Err(last_owner()),
                MemberChange::NoUser => return Err(no_user()),
            }
        }
        tracing::warn!(%room, "a membership did not hold still for long enough to be changed");
        Err(Problem::unavailable())
    }

    /// What the wish may be granted on, if it may.
    async fn premises(
        &self,
        asker: &UserId,
        room: &RoomId,
        subject: &UserId,
        wish: Wish,
    ) -> Result<Premises, Problem> {
        let found = self.parts.store.member(room, asker, subject).await;
        let (view, subject_role) = found.map_err(unavailable)?.ok_or_else(Problem::no_room)?;
        let visibility = view.room.visibility;
        let role = view.standing.map(|standing| standing.role);
        let own = asker == subject;
        judged(wish.action(), visibility, role, own)?;
        // Every row of the table asks for a member here.
        let actor_role = role.ok_or_else(refusals::not_member)?;
        let in_reach = match wish {
            Wish::Add(wanted) => may_rank(actor_role, None, Some(wanted)),
            Wish::Rank(wanted) => may_rank(actor_role, subject_role, Some(wanted)),
            Wish::Remove => own || may_rank(actor_role, subject_role, None),
        };
        if !in_reach {
            return Err(refusals::not_yours_to_do());
        }
        Ok(Premises {
            room: room.clone(),
            visibility,
            actor: asker.clone(),
            actor_role,
            subject: subject.clone(),
            subject_role,
        })
    }

    async fn member_seen(&self, member: Member) -> Result<MemberView, Problem> {
        let mut seen = self.members_seen(vec![member]).await?;
        seen.pop().ok_or_else(Problem::internal)
    }

    async fn members_seen(&self, members: Vec<Member>) -> Result<Vec<MemberView>, Problem> {
        let (accounts, places): (Vec<_>, Vec<_>) = members
            .into_iter()
            .map(|member| (member.account, (member.role, member.joined_at)))
            .unzip();
        let users = self.seen(accounts).await?;
        Ok(users
            .into_iter()
            .zip(places)
            .map(|(user, (role, joined_at))| MemberView {
                user,
                role,
                joined_at,
            })
            .collect())
    }
}

fn last_owner() -> Problem {
    Problem::new(
        Code::Conflict,
        "The room would have members and no owner: make another member an owner first, or delete the room.",
    )
}
