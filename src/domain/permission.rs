//! Who may do what: the one table. Every event and path asks here; what is judged within a statement of a store is given its row.

use super::room::{Role, Visibility};

/// What somebody may want to do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the room, its history, its members and who is in it.
    Read,
    /// Become a member by joining.
    Join,
    /// Send a message.
    Send,
    /// Be seen typing.
    Type,
    /// Mark messages as read.
    MarkRead,
    /// Clap, or put an emoji under a message.
    Applaud,
    /// Give a message another text.
    Edit,
    /// Take a message's text away.
    Delete,
    /// Give the room another name or topic.
    Rename,
    /// Make the room public or private.
    SetVisibility,
    /// End the room.
    DeleteRoom,
    /// Make somebody a member.
    AddMember,
    /// Give a member another role.
    SetRole,
    /// End a membership: somebody else's is a kick, one's own a leaving.
    RemoveMember,
    /// See what the operator's rules have done to messages, and why.
    SeeModeration,
}

/// A row of the table: what it takes to do something in a room that one may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// To do it to what is somebody else's, or nobody's.
    pub least: Least,
    /// To do it to one's own: a message that one wrote, one's own membership.
    pub own: Least,
    /// Whether it can be done in a direct room at all.
    pub in_direct: bool,
}

/// The least that somebody must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Least {
    /// Anybody who may see the room.
    Anybody,
    /// A member of that role, or of a higher one.
    Role(Role),
    /// Nobody may.
    Nobody,
}

impl Least {
    /// As a number: 0 for anybody, then 1 to 3 for the roles in rising order, 4 for nobody. A user may whose own
    /// [`rank`] is at least this.
    pub fn rank(self) -> i16 {
        match self {
            Self::Anybody => 0,
            Self::Role(role) => rank(Some(role)),
            Self::Nobody => 4,
        }
    }
}

/// A user's rank in a room: 0 for who is no member, then 1 to 3.
pub fn rank(role: Option<Role>) -> i16 {
    match role {
        None => 0,
        Some(Role::Member) => 1,
        Some(Role::Moderator) => 2,
        Some(Role::Owner) => 3,
    }
}

/// The table.
pub const fn needs(action: Action) -> Needs {
    use Least::{Anybody, Nobody, Role as Of};
    use Role::{Member, Moderator, Owner};
    let (least, own, in_direct) = match action {
        Action::Read | Action::Join => (Anybody, Anybody, true),
        Action::Send | Action::Type | Action::MarkRead | Action::Applaud => {
            (Of(Member), Of(Member), true)
        }
        Action::Edit => (Nobody, Of(Member), true),
        Action::Delete => (Of(Moderator), Of(Member), true),
        Action::Rename | Action::AddMember | Action::SeeModeration => {
            (Of(Moderator), Of(Moderator), false)
        }
        Action::SetVisibility | Action::DeleteRoom | Action::SetRole => {
            (Of(Owner), Of(Owner), false)
        }
        Action::RemoveMember => (Of(Moderator), Of(Member), false),
    };
    Needs {
        least,
        own,
        in_direct,
    }
}

/// The answer of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// The room may be seen, this may not be done.
    Forbidden,
    /// The room must not be seen: answer as if it were absent.
    Hidden,
}

/// Whether a user with `role` (none: no member) may do `action` in a room of that visibility; `own`: to what is their own.
pub fn judge(action: Action, visibility: Visibility, role: Option<Role>, own: bool) -> Verdict {
    if role.is_none() && visibility != Visibility::Public {
        return Verdict::Hidden;
    }
    let needs = needs(action);
    let least = if own { needs.own } else { needs.least };
    let possible = needs.in_direct || visibility != Visibility::Direct;
    if possible && rank(role) >= least.rank() {
        Verdict::Allowed
    } else {
        Verdict::Forbidden
    }
}

/// Whether somebody may give `wish` to, or take membership or role from, a member who is `now` (none: no member yet): only
/// to those below them, and never more than they are; owners may all of it, one another included.
pub fn may_rank(actor: Role, now: Option<Role>, wish: Option<Role>) -> bool {
    actor == Role::Owner
        || (now.is_none_or(|now| now < actor) && wish.is_none_or(|wish| wish < actor))
}
