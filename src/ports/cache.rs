//! Recent messages of rooms, kept near: a copy that may be gone or behind, and says where it stands.
//!
//! Every call ends within 500 ms. A failure costs time and nothing else: the store is the truth.

use std::sync::Arc;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{Rev, change::RoomChange, id::RoomId, message::Message};

/// How many of a room's newest messages are kept.
pub const RECENT_MAX: usize = 100;

/// The list of a room's newest messages, with the revision at which it stands.
#[async_trait]
pub trait RecentCache: Send + Sync {
    /// Brings lists forward by changes, each room's in `rev` order. A change goes on only where the list stands at the revision before
    /// it; a list that is behind stays where it is, and one that cannot be right is dropped, as is that of a room that is no more. A
    /// room without a list stays without.
    async fn append(&self, changes: &[RoomChange]) -> Result<(), BackendError>;

    /// The list as it stands: at most [`RECENT_MAX`] messages, ascending by `seq` without gaps, each as it was at `rev`.
    /// The caller compares `rev` with the room's.
    async fn read(&self, room: &RoomId) -> Result<Option<Recent>, BackendError>;

    /// Sets the list, unless it stands at `rev` or above already.
    async fn fill(&self, room: &RoomId, recent: &Recent) -> Result<(), BackendError>;
}

/// A room's newest messages.
#[derive(Debug, Clone, PartialEq)]
pub struct Recent {
    /// Where the room stood when the list was so.
    pub rev: Rev,
    /// Ascending by `seq`, without gaps, ending with the room's newest at `rev`.
    pub messages: Vec<Arc<Message>>,
}
