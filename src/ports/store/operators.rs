//! What operators ask of the store, beside whoever serves it: looks over everything, and what is done to an account.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    account::Account,
    id::{RoomId, UserId},
    presence::EndedSession,
    room::Room,
    timestamp::Timestamp,
};

/// For operators alone: nothing here asks whether somebody may.
#[async_trait]
pub trait OperatorStore: Send + Sync {
    /// People, ascending by username without case, after `query.after`. A text, or a time, that few have costs a look at all of them.
    async fn people(&self, query: &PeopleQuery) -> Result<Vec<Person>, BackendError>;

    /// Who has this id, or else this name (as [`username_key`](crate::domain::account::username_key) makes it).
    async fn person(&self, id: &str, username_key: &str) -> Result<Option<Person>, BackendError>;

    /// The log-ins of a user that a refresh token still keeps, in no order.
    async fn sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<OpenSession>, BackendError>;

    /// Ends all log-ins of a user, who is there, as a log-out does, at most 1,000 of them; answers with what is to be told. Where none
    /// is open, it notes one that never was: sockets with tokens of other makers are to go as well.
    async fn end_sessions_of(
        &self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<EndedSession>, BackendError>;

    /// Gives an account another password, or its first one: the hash in PHC format. False where there is no such account.
    async fn set_password(&self, user: &UserId, hash: &str) -> Result<bool, BackendError>;

    /// Rooms that are not deleted, by `query`. Any order but that by id looks at all rooms (never at their messages).
    async fn all_rooms(&self, query: &AllRoomsQuery) -> Result<Vec<RoomState>, BackendError>;

    /// The first owner of a room by user id; none where nobody owns it, as in direct rooms and in those that everybody left.
    async fn owner_of(&self, room: &RoomId) -> Result<Option<UserId>, BackendError>;

    /// Figures of the whole. No message is read for them, and no count goes on for ever: see [`Figure`].
    async fn figures(&self, now: Timestamp) -> Result<Figures, BackendError>;
}

/// Which people to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeopleQuery {
    /// Only those whose username or display name holds this text, without case. No NUL.
    pub text: Option<String>,
    /// Only those with a password (`true`), or without one (`false`).
    pub password: Option<bool>,
    /// Only those who were never seen to leave, or not since then.
    pub not_seen_since: Option<Timestamp>,
    /// Only names above this one, as [`username_key`](crate::domain::account::username_key) makes it.
    pub after: Option<String>,
    /// At most so many.
    pub limit: i64,
}

/// Somebody, as an operator sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub account: Account,
    /// Whether they can log in with a password; otherwise a guest, or somebody whom another issuer's tokens let in.
    pub has_password: bool,
    /// When they were first seen here.
    pub created_at: Timestamp,
    /// When their last socket went, if it ever did.
    pub last_seen: Option<Timestamp>,
}

/// A log-in that a refresh token keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSession {
    /// Its id; a UUID of version 7, which says when the log-in was.
    pub family: uuid::Uuid,
    /// It ends then, unless its token is used before.
    pub expires_at: Timestamp,
}

/// How to list rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomOrder {
    /// Ascending by id.
    Id,
    /// Those with the most members first.
    Members,
    /// Those with the most messages first.
    Messages,
    /// Those with the newest message first.
    Activity,
}

/// Which rooms to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllRoomsQuery {
    /// Only this one.
    pub only: Option<RoomId>,
    /// Only rooms whose id or name holds this text, without case. No NUL.
    pub text: Option<String>,
    /// In which order; by id where two are equal.
    pub order: RoomOrder,
    /// Without so many of the first.
    pub skip: i64,
    /// At most so many.
    pub limit: i64,
}

/// A room, as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomState {
    /// The room.
    pub room: Room,
    /// When its newest message was sent; none where there is none.
    pub last_message_at: Option<Timestamp>,
}

/// A number, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// How many.
    pub count: i64,
    /// What is known of it.
    pub sure: Sure,
}

/// How sure a [`Figure`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    /// Counted.
    Exact,
    /// Estimated, by the database's statistics.
    About,
    /// Counted up to a bound: so many, or more.
    AtLeast,
}

/// The most rows that are counted for a [`Figure`] of jobs.
pub const JOBS_COUNTED: i64 = 100_000;
/// The same for the messages of a day.
pub const DAY_COUNTED: i64 = 1_000_000;

impl Figure {
    /// Counted.
    pub fn exact(count: i64) -> Self {
        Self {
            count,
            sure: Sure::Exact,
        }
    }

    /// Counted up to a bound, which it has reached if it is more.
    pub fn bounded(count: i64, bound: i64) -> Self {
        let sure = if count > bound {
            Sure::AtLeast
        } else {
            Sure::Exact
        };
        Self {
            count: count.min(bound),
            sure,
        }
    }
}

/// Figures of the whole store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// People of every kind.
    pub users: Figure,
    /// Rooms that are not deleted.
    pub rooms: Figure,
    /// Messages ever sent to rooms that are not deleted.
    pub messages: Figure,
    /// Those of the last 24 hours, in any room.
    pub messages_last_day: Figure,
    /// Jobs that wait or are due later, those of messages included.
    pub jobs_waiting: Figure,
    /// Jobs under way.
    pub jobs_active: Figure,
    /// Jobs that were given up.
    pub jobs_dead: Figure,
    /// What the store takes on its disk, in bytes.
    pub bytes: i64,
    /// The newest migration that was applied.
    pub schema: i64,
}

/// The lowest id that a message of that moment or a later one can have: ids are UUIDs of version 7.
pub fn lowest_id(at: Timestamp) -> uuid::Uuid {
    uuid::Builder::from_unix_timestamp_millis(at.as_millis().unsigned_abs(), &[0; 10]).into_uuid()
}
