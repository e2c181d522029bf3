//! The store of record: accounts, rooms, messages, jobs. The only part that must never forget.
//!
//! Guarantees of every method: it ends within 3 s, with [`BackendError::Unavailable`] at the latest; what it answered `Ok` to is
//! durable; what it reads, it reads from one snapshot, as new as the newest commit that anybody had been told of before the call.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    Rev, Seq,
    account::Account,
    change::{Change, Outcome},
    id::{JobId, RoomId, UserId},
    job::Job,
    message::Message,
    room::{Role, Room, RoomView, Standing, Visibility},
    timestamp::Timestamp,
};

/// The whole store. `DATABASE_URL` chooses the adapter.
#[async_trait]
pub trait Store: AccountStore + RoomStore + MessageStore + JobStore {
    /// Answers when the store can be read and written.
    async fn ping(&self) -> Result<(), BackendError>;

    /// Closes connections; calls under way finish first, within 3 s.
    async fn close(&self);
}

/// Who else may use the store while this process does: asked for with each adapter's `claim`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Nobody: cache, queue, bus and presence live inside this process.
    Alone,
    /// Every process that shares as well: they meet over Redis.
    Shared,
}

/// A claim on the store was not granted.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Another process has the store, and one of the two is to be alone with it.
    #[error(
        "another process uses this store; processes share one only if all of them are given the same Redis"
    )]
    InUse,
    /// Not known.
    #[error(transparent)]
    Backend(#[from] BackendError),
}

/// People and what proves who they are.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The account of `id`; made with `username` when it is seen for the first time. A name that is taken (without case, by
    /// [`username_key`](crate::domain::account::username_key)) gets a suffix (`ada-2`, then others), within 32 characters.
    /// Many calls at once for one id make one account, on whichever replica.
    async fn first_sight(&self, id: &UserId, username: &str) -> Result<Account, BackendError>;

    /// The accounts of those of `ids` that exist, in no order.
    async fn accounts(&self, ids: &[UserId]) -> Result<Vec<Account>, BackendError>;

    /// Keeps a refresh token.
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError>;

    /// Puts `next` in the place of the token with hash `old`, once: of two calls at once with the same `old`, one gets
    /// [`Rotation::Rotated`]. `next.user` and `next.family` are taken from the old one. A token used before revokes its family.
    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &RefreshToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError>;

    /// The secret for signing tokens: `candidate`, unless one has been kept before. The first one stays for good.
    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError>;
}

/// A refresh token as it is kept: its hash, never itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// What is revoked together: all tokens that came from one log-in.
    pub family: uuid::Uuid,
    /// Whose.
    pub user: UserId,
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
}

/// What became of a rotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The new token is kept; this is its user.
    Rotated(Account),
    /// The old one had been used before: its family is revoked.
    Reused,
    /// Unknown, expired or revoked.
    Refused,
}

/// Rooms and their members.
#[async_trait]
pub trait RoomStore: Send + Sync {
    /// Makes users members, in one statement for all: of public rooms, and of rooms in which they are already. Answers in the
    /// order asked. A new member has read everything so far. Takes no `rev` and does not touch the room's row.
    async fn join(&self, entries: &[Entry]) -> Result<Vec<Entered>, BackendError>;

    /// Makes a room whose creator is its owner and only member. `None` when the id is, or ever was, taken.
    async fn create_room(&self, room: &NewRoom) -> Result<Option<RoomView>, BackendError>;

    /// The room, with the asker's standing if they are a member. `None` when there is none; whether the asker may see it is for
    /// the caller to judge.
    async fn room(&self, id: &RoomId, asker: &UserId) -> Result<Option<RoomView>, BackendError>;

    /// Rooms, ascending by id, after `after`, at most `limit`; see [`RoomScope`].
    async fn rooms(&self, query: &RoomQuery) -> Result<Vec<RoomView>, BackendError>;

    /// Where each of the rooms stands; those that do not exist are left out. One statement.
    async fn revisions(&self, rooms: &[RoomId]) -> Result<Vec<Standpoint>, BackendError>;

    /// Those members of the room whose usernames, without case, are among `names` (given as
    /// [`username_key`](crate::domain::account::username_key) makes them).
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

/// A room to be made. Its fields have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoom {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub topic: Option<String>,
    /// Public or private.
    pub visibility: Visibility,
    /// Its owner.
    pub created_by: UserId,
    /// When.
    pub at: Timestamp,
}

impl NewRoom {
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
    /// Only rooms whose id or name holds this text, without case. `%` and `_` stand for themselves.
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
    /// Rises when somebody loses the right to be there.
    pub access_rev: i64,
}

/// Messages and their order.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Commits the changes that may be made, all of them in one transaction, and answers for each, in the order given.
    ///
    /// Within one room, `seq` and `rev` follow that order and have no gaps, and commit order is `rev` order over all replicas:
    /// who reads a `rev` can read every lower one. A `clientId` of the same user in the same room, or a message id, that is there
    /// already (also earlier in this batch) is [`Outcome::Repeated`] and takes nothing. Each sent message's job row is
    /// committed with it; each enrichment's job row goes with it. Sending marks the room as read up to the message. An
    /// enrichment applies only while the message's text is the one that it read, and only if it finds something that the message
    /// does not already carry; it then replaces what the message carries. Asking again with the same ids after an unknown outcome
    /// changes nothing twice.
    ///
    /// Changes of one batch see each other only as far as [`answering`](crate::domain::change::answering) says: an answer or an
    /// enrichment is about a message that was committed before the call. A repeat in a room that its author may still see is
    /// [`Outcome::Repeated`], member or not.
    ///
    /// No lock outlives the call, also if the caller freezes; it waits at most 1 s for a lock.
    async fn commit(&self, changes: &[Change]) -> Result<Vec<Outcome>, BackendError>;

    /// A page of history and the room as of the same snapshot; `None` when there is no such room.
    async fn page(
        &self,
        room: &RoomId,
        place: Place,
        limit: i64,
    ) -> Result<Option<Page>, BackendError>;

    /// Every message whose `rev` is above `since`, in its current state, as of one snapshot; `None` when there is no such room.
    /// If they are more than `limit`, only those with the `limit` highest `rev`s: see [`Changes::floor`].
    async fn changes(
        &self,
        room: &RoomId,
        since: Rev,
        limit: i64,
    ) -> Result<Option<Changes>, BackendError>;
}

/// Where a page of history lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The newest messages.
    Newest,
    /// The nearest ones below, without it.
    Before(Seq),
    /// The nearest ones above, without it.
    After(Seq),
    /// Half of them at or below, the rest above; with it.
    Around(Seq),
}

impl Place {
    /// How many messages of a page of `limit` lie below (for [`Place::Around`]: at or below) and above the place.
    pub fn reach(self, limit: i64) -> (i64, i64) {
        match self {
            Self::Newest | Self::Before(_) => (limit, 0),
            Self::After(_) => (0, limit),
            Self::Around(_) => (limit - limit / 2, limit / 2),
        }
    }
}

/// A page of history.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The room at the moment of reading (without a standing).
    pub room: Room,
    /// Ascending by `seq`.
    pub messages: Vec<Message>,
    /// Whether there is more in the direction asked: older ones for [`Place::Newest`], [`Place::Before`]; newer ones for
    /// [`Place::After`]; either for [`Place::Around`].
    pub has_more: bool,
}

impl Page {
    /// Makes a page of what an adapter has read, ascending by `seq`: in each direction that the place reaches, one message more
    /// than fits if there is one.
    pub fn of(room: Room, place: Place, limit: i64, mut messages: Vec<Message>) -> Self {
        let (below, above) = place.reach(limit);
        let middle = match place {
            Place::Newest | Place::Before(_) => messages.len(),
            Place::After(_) => 0,
            Place::Around(seq) => messages.partition_point(|message| message.seq <= seq),
        };
        let newer = (messages.len() - middle) as i64 > above;
        if newer {
            messages.truncate(middle + above.max(0) as usize);
        }
        let older = middle as i64 > below;
        if older {
            messages.drain(..middle - below.max(0) as usize);
        }
        Self {
            room,
            messages,
            has_more: older || newer,
        }
    }
}

/// What changed in a room since a revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Changes {
    /// The room at the moment of reading (without a standing).
    pub room: Room,
    /// The revision of the last change of the room itself (name, topic, visibility); 0 if there was none.
    pub room_changed: Rev,
    /// `messages` are exactly those whose `rev` is above this: `since`, or a higher one when they were more than the limit.
    pub floor: Rev,
    /// Ascending by `seq`.
    pub messages: Vec<Message>,
}

impl Changes {
    /// Makes the answer of what an adapter has read, ascending by `seq`: those with the highest `rev`s, one more than `limit` if
    /// there is one.
    pub fn of(
        room: Room,
        room_changed: Rev,
        since: Rev,
        limit: i64,
        mut messages: Vec<Message>,
    ) -> Self {
        let mut floor = since;
        if messages.len() as i64 > limit
            && let Some(lowest) = (0..messages.len()).min_by_key(|&index| messages[index].rev)
        {
            floor = messages.remove(lowest).rev;
        }
        Self {
            room,
            room_changed,
            floor,
            messages,
        }
    }
}

/// Jobs that wait for a worker: the truth of which the queue is the fast path.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Removes the rows of jobs that are done. Unknown ids are no error.
    async fn finish_jobs(&self, jobs: &[JobId]) -> Result<(), BackendError>;

    /// Hands out waiting jobs whose lease has passed (with [`Sweep::All`], whatever their lease), oldest first, at most
    /// `limit`; each with one attempt more and a new lease, so that no two sweeps at once get the same. A new job's first lease is
    /// [`FIRST_LEASE`]. A job out of attempts becomes dead instead and is not handed out: the way through the queue is the first
    /// of [`MAX_ATTEMPTS`](crate::domain::job::MAX_ATTEMPTS), so a sweep hands out with `attempts` below that.
    async fn sweep_jobs(
        &self,
        sweep: Sweep,
        lease: Duration,
        limit: i64,
    ) -> Result<Vec<Job>, BackendError>;

    /// Notes that an attempt failed: the job waits for `retry_in` and is then handed out by a sweep.
    async fn fail_job(
        &self,
        job: JobId,
        error: &str,
        retry_in: Duration,
    ) -> Result<(), BackendError>;

    /// How many jobs wait, and how many are dead.
    async fn count_jobs(&self) -> Result<JobCounts, BackendError>;
}

/// The lease of a job that has just been committed: the time that the queue has to bring it to a worker.
pub const FIRST_LEASE: Duration = Duration::from_secs(30);

/// Which waiting jobs a sweep hands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sweep {
    /// Those whose lease has passed.
    Overdue,
    /// All that wait and were committed, or last handed out, before this moment (by the caller's clock): the queue has lost
    /// what it held.
    All {
        /// Younger ones have reached the new queue.
        before: Timestamp,
    },
}

/// How many jobs there are, by state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobCounts {
    /// Committed and not done.
    pub waiting: i64,
    /// Given up.
    pub dead: i64,
}
