//! Jobs on Redis streams.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use super::{RedisSettings, link::Link};
use crate::ports::{
    BackendError,
    queue::{Backlog, Claim, Queue, Taken, Ticket, Wish},
};

/// The queue port on Redis.
pub struct RedisQueue {
    _link: Arc<Link>,
}

impl RedisQueue {
    pub(super) fn new(_settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self { _link: link }
    }
}

#[async_trait]
impl Queue for RedisQueue {
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
