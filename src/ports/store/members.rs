//! Who is a member of a room, as what, and how far they have read.

use async_trait::async_trait;

use super::{BackendError, NewRoom};
use crate::domain::{
    Seq,
    account::Account,
    id::{RoomId, UserId},
    room::{Member, Role, RoomView, Visibility},
    timestamp::Timestamp,
};

/// Members. Their coming, their roles and what they have read take no `rev`.
///
/// Whether somebody may change a membership is judged by the caller, on what it has read; the change is made only while that still
/// holds: see [`Premises`].
#[async_trait]
pub trait MemberStore: Send + Sync {
    /// Makes users members: of public rooms, and of rooms in which they are already. Answers in the order asked. A new member has
    /// read everything so far. Takes no `rev` and does not touch the room's row. One statement for all who are members already, and
    /// a few more for all others together; best with at most 1,000 entries.
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError>;

    /// The room as `asker` sees it, and the role of `subject`, as of one moment; `None` when there is no such room.
    async fn member(
        &self,
        room: &RoomId,
        asker: &UserId,
        subject: &UserId,
    ) -> Result<Option<(RoomView, Option<Role>)>, BackendError>;

    /// Members, ascending by user id, after `after`, at most `limit`; none if the room has been deleted.
    async fn members(
        &self,
        room: &RoomId,
        after: Option<&UserId>,
        limit: i64,
    ) -> Result<Vec<Member>, BackendError>;

    /// Makes `subject` a member, who has read everything so far. The subject was none: see [`Premises`].
    async fn add_member(
        &self,
        premises: &Premises,
        role: Role,
        at: Timestamp,
    ) -> Result<MemberChange, BackendError>;

    /// Gives `subject`, who is a member, another role; the same one is no error. An owner stays one while there is no other.
    async fn set_role(&self, premises: &Premises, role: Role)
    -> Result<MemberChange, BackendError>;

    /// Ends the membership of `subject`, and makes the room's `access_rev` rise. The last owner may go only as the last member; of
    /// several owners who go at once, on whichever replicas, one stays. Of a public room anybody may become a member again.
    async fn remove_member(&self, premises: &Premises) -> Result<MemberChange, BackendError>;

    /// Which of `users` are members of the room, in no order; none if the room has been deleted.
    async fn members_among(
        &self,
        room: &RoomId,
        users: &[UserId],
    ) -> Result<Vec<UserId>, BackendError>;

    /// Moves read positions forward, in one statement for all (best with at most 1,000 marks); answers in the order asked, with
    /// `None` for who is no member. A position beyond the room's last message is taken for that one; one at or below what is kept
    /// changes nothing. Of several marks for one member the highest counts, and all get the same answer. It waits for nobody while
    /// it keeps others waiting, so it cannot stand in a commit's way for longer than it takes itself.
    async fn mark_read(&self, marks: &[ReadMark]) -> Result<Vec<Option<ReadState>>, BackendError>;

    /// Those members of the room whose usernames, without case, are among `names` (given as
    /// [`username_key`](crate::domain::account::username_key) makes them); none if the room has been deleted.
    async fn members_named(
        &self,
        room: &RoomId,
        names: &[String],
    ) -> Result<Vec<Account>, BackendError>;
}

/// Somebody wants into a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// Whether to make a public room, owned by `user` and named like its id, where there is none (nor ever was).
    pub create: bool,
    /// When.
    pub at: Timestamp,
}

impl Entry {
    /// The room to be made for it.
    pub fn new_room(&self) -> NewRoom {
        NewRoom {
            id: self.room.clone(),
            name: self.room.as_str().to_owned(),
            topic: None,
            visibility: Visibility::Public,
            created_by: self.user.clone(),
            at: self.at,
        }
    }
}

/// What became of an [`Entry`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// A member, now or since before. `room.standing` is always there.
    Member(Box<RoomView>),
    /// No such room, or not theirs to see.
    NoRoom,
}

/// What somebody's right to change a membership was judged on. A change is not asked for again by itself when its connection
/// broke: whether it was made is then unknown, and a look at the membership tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Premises {
    /// Which room.
    pub room: RoomId,
    /// Its visibility.
    pub visibility: Visibility,
    /// Who acts.
    pub actor: UserId,
    /// Their role.
    pub actor_role: Role,
    /// Whose membership it is about.
    pub subject: UserId,
    /// Their role; `None`: no member.
    pub subject_role: Option<Role>,
}

/// What became of a change of a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// Made; the member after it, or as they were before they went.
    Done(Member),
    /// Not made: the premises do not hold any more, or say what cannot be (somebody is to be added who is a member, or removed
    /// who is none). Look again.
    Moved,
    /// Not made: it would leave members without an owner.
    LastOwner,
    /// Not made: there is no such user.
    NoUser,
}

/// Somebody has read a room up to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMark {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// The newest message that they have read.
    pub seq: Seq,
}

/// How far somebody has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadState {
    /// The newest message that they have read.
    pub last_read_seq: Seq,
    /// Messages after it.
    pub unread: i64,
    /// Those of them that mention the reader.
    pub unread_mentions: i64,
    /// Whether the position has moved by this call.
    pub moved: bool,
}
