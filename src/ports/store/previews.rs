//! What links lead to, remembered for a while.

use std::time::Duration;

use async_trait::async_trait;

use super::BackendError;
use crate::domain::message::Preview;

/// Previews of links by their address, so that a page is fetched once and not once a message.
#[async_trait]
pub trait PreviewStore: Send + Sync {
    /// What is known of these links and not older than `age`, in no order. A link that led to nothing is known without a preview.
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

    /// Removes what is older than `age`, at most `limit`; answers how many.
    async fn forget_previews(&self, age: Duration, limit: i64) -> Result<u64, BackendError>;
}
