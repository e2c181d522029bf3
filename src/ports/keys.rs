//! Where the keys of an external issuer of tokens are published.

use async_trait::async_trait;

use super::BackendError;

/// The most bytes of a set of keys.
pub const KEYS_BYTES_MAX: usize = 1_000_000;

/// A published JWKS (RFC 7517).
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The document as it is now, at most [`KEYS_BYTES_MAX`] bytes, unread. Ends within 5 s.
    async fn fetch(&self) -> Result<Vec<u8>, BackendError>;
}
