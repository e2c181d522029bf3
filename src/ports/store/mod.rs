//! The store of record: accounts, rooms, messages, jobs, notifications. The only part that must never forget.
//!
//! Guarantees of every method: it ends within 3 s, with [`BackendError::Unavailable`] at the latest; what it answered `Ok` to is
//! durable; what it reads, it reads from one snapshot, as new as the newest commit that anybody had been told of before the call.

mod accounts;
mod jobs;
mod members;
mod messages;
mod moderation;
mod notifications;
mod operators;
mod previews;
mod rooms;
mod sessions;

use async_trait::async_trait;

pub use self::{
    accounts::*, jobs::*, members::*, messages::*, moderation::*, notifications::*, operators::*,
    previews::*, rooms::*, sessions::*,
};
use super::BackendError;

/// The whole store. `DATABASE_URL` chooses the adapter.
#[async_trait]
pub trait Store:
    AccountStore
    + SessionStore
    + RoomStore
    + MemberStore
    + MessageStore
    + JobStore
    + NotificationStore
    + ModerationStore
    + PreviewStore
    + OperatorStore
{
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
    /// Another process has the store, which is never for more than one.
    #[error(
        "another process uses this file; SQLite serves one process: stop it, or move to Postgres and Redis"
    )]
    OneProcess,
    /// Not known.
    #[error(transparent)]
    Backend(#[from] BackendError),
}
