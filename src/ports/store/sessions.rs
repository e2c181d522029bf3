//! What proves who somebody is: refresh tokens, and the secret that signs.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::{account::Account, id::UserId, presence::EndedSession, timestamp::Timestamp};

/// Refresh tokens by their hash, in families: all that came from one log-in.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Keeps a refresh token.
    async fn keep_refresh_token(&self, token: &RefreshToken) -> Result<(), BackendError>;

    /// Puts `next` in the place of the token with hash `old`, once: of two calls at once with the same `old`, one gets
    /// [`Rotation::Rotated`]. Family and user are the old one's. A token used before revokes its family. The same call once more,
    /// with the same `next`, is told [`Rotation::Rotated`] again as long as `next` is good.
    async fn rotate_refresh_token(
        &self,
        old: &[u8; 32],
        next: &NextToken,
        now: Timestamp,
    ) -> Result<Rotation, BackendError>;

    /// Logs out: ends the session that the token with this hash is of, for good, whether the token is still good or not. `None`
    /// when the token is not known. A session that has ended before is told again, and is one that was logged out from now on.
    async fn end_session(
        &self,
        hash: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<EndedSession>, BackendError>;

    /// The sessions that were logged out, or revoked for a token used twice, at or after a moment (by the clocks of whoever did
    /// it), in no order. A revoked one that is logged out later counts from then; telling an ended one again does not count.
    async fn ended_since(&self, since: Timestamp) -> Result<Vec<EndedSession>, BackendError>;

    /// Removes tokens that expired before a moment, at most 1,000; how many there were. Sessions that ended more than
    /// [`ENDED_KEPT`] before it are forgotten as well (at most 1,000, not counted in the answer): no access token of theirs is
    /// good any more.
    async fn forget_tokens(&self, expired_before: Timestamp) -> Result<u64, BackendError>;

    /// The secret for signing tokens: `candidate`, unless one has been kept before. The first one stays for good.
    async fn signing_secret(&self, candidate: &[u8]) -> Result<Vec<u8>, BackendError>;
}

/// How long it is remembered that a session ended: longer than any access token of it is good.
pub const ENDED_KEPT: Duration = Duration::from_secs(24 * 60 * 60);
/// How many tokens are forgotten at once.
pub const FORGOTTEN_AT_ONCE: i64 = 1_000;

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
    /// The new token is kept; this is its user, and its family.
    Rotated(Account, uuid::Uuid),
    /// The old one had been used before: its family is revoked, now or since before. Never as logged out, also if it was: the
    /// sockets that its user has opened since then are none of its.
    Reused(EndedSession),
    /// Unknown, expired or revoked.
    Refused,
}

/// A refresh token that takes another one's place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// From then on it is worth nothing.
    pub expires_at: Timestamp,
}
