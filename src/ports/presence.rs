//! Who is live where, over all replicas, each under its replica's lease. Best effort: nobody is shown for more than 15 s after a crash.
//!
//! A port is made for one replica; that replica counts its own sockets, and tells only of a user's first and last one here, one
//! call at a time. Every call ends within 1 s.

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{
    id::{RoomId, UserId},
    presence::{Signal, Status, User},
};
use std::{sync::Arc, time::Duration};

/// How long a replica is believed to live after its last renewal. With the time to the next renewal of another, and for that call,
/// it stays within the 15 s that are promised.
pub const LEASE: Duration = Duration::from_secs(10);

/// How often a replica renews its lease and looks for dead ones: a crash is noticed after `LEASE + RENEWAL` at the latest,
/// within the 15 s that the wire contract allows.
pub const RENEWAL: Duration = Duration::from_secs(3);

/// How many steps one call may have; announcing more takes several calls.
pub const STEPS_MAX: usize = 1_000;

/// The shared list of who is here.
#[async_trait]
pub trait Presence: Send + Sync {
    /// Applies the steps (at most [`STEPS_MAX`]) in order and answers with what each changed for everybody, as the signals to be
    /// told: of all replicas, exactly one gets a user's `Joined` (first live socket in the room) and `Left` (the last one gone).
    /// Doing a step again changes nothing, and a status that no room sees is no signal. For one lease after the list lost its
    /// memory `Left` and `offline` are kept back, and told by a renewal if they still hold: who is absent may just not be
    /// announced again yet. After a failure, the next renewal asks for everything to be announced again; who left or disconnected
    /// meanwhile is remembered, and told of by a renewal.
    async fn apply(&self, steps: &[Step]) -> Result<Vec<Signal>, BackendError>;

    /// Renews this replica's lease, and buries replicas whose lease has passed: of all that renew, exactly one gets the signals
    /// that a death causes.
    async fn renew(&self) -> Result<Renewal, BackendError>;

    /// Who is live in each of the rooms, in the order asked; at most `limit` users of each, and the count of all.
    async fn live(&self, rooms: &[RoomId], limit: usize) -> Result<Vec<Live>, BackendError>;

    /// The statuses of users, in the order asked; [`Status::Offline`] for who is nowhere.
    async fn statuses(&self, users: &[UserId]) -> Result<Vec<Status>, BackendError>;

    /// Takes this replica's entries away, as its death would, and answers with the signals to be told. For a clean end. What does
    /// not fit into the second is left to the others' next renewals.
    async fn leave(&self) -> Result<Vec<Signal>, BackendError>;

    /// Leaves this replica's entries to the others: whoever is not on another replica within `grace` is gone then, which the others'
    /// next renewals tell. For an end after which people come back elsewhere. Nothing may be called afterwards.
    async fn hand_over(&self, grace: Duration) -> Result<(), BackendError>;
}

/// Something that happened on this replica.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A user's first socket here. Their first anywhere makes them `online`.
    Connect {
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A user's last socket here has gone. The last one anywhere makes them `offline`, told in `rooms`. Takes them out of
    /// whatever they are still live in here.
    Disconnect {
        /// Who.
        user: UserId,
        /// The rooms in which they have just been live here.
        rooms: Vec<RoomId>,
    },
    /// A user's first socket here is live in a room.
    Enter {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A user's last socket here is no longer live in a room.
    Leave {
        /// Where.
        room: RoomId,
        /// Who.
        user: UserId,
        /// Their name.
        username: Arc<str>,
    },
    /// A user, who is connected here, chose a status. Told in `rooms` of all replicas.
    Choose {
        /// Who.
        user: UserId,
        /// Any but `offline`.
        status: Status,
    },
}

/// What a renewal found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Renewal {
    /// This replica's entries are not there, or not certain (first renewal, lease missed, a step failed, or the server was away):
    /// apply them all again, at once. What is not applied again within [`RENEWAL`] is taken to be gone.
    pub announce: bool,
    /// Signals of replicas that have died.
    pub signals: Vec<Signal>,
}

/// Who is live in a room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    /// At most the limit.
    pub users: Vec<User>,
    /// All of them.
    pub count: usize,
    /// False for one lease after the list itself was born (or lost its memory): absence from it means nothing yet.
    pub settled: bool,
}
