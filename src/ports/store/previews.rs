//! What links lead to, remembered for a while.

use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::BackendError;
use crate::domain::message::Preview;

/// Previews of links by their address, so that a page is fetched once and not once a message. Ages are by the store's clock.
#[async_trait]
pub trait PreviewStore: Send + Sync {
    /// What is known of these links and younger than `age`, in no order. A link that led to nothing is known without a preview.
    async fn known_previews(
        &self,
        urls: &[String],
        age: Duration,
    ) -> Result<Vec<(String, Option<Preview>)>, BackendError>;

    /// Remembers what a link leads to, in the place of what was known.
    async fn remember_preview(
        &self,
        url: &str,
        preview: Option<&Preview>,
    ) -> Result<(), BackendError>;

    /// Removes what is as old as `age`, the oldest first, at most `limit`; answers how many.
    async fn forget_previews(&self, age: Duration, limit: i64) -> Result<u64, BackendError>;
}

/// What a link is kept under: of one length, however long the link is.
pub(crate) fn link_key(url: &str) -> [u8; 32] {
    Sha256::digest(url).into()
}
