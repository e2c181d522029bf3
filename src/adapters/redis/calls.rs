//! Calls by script: a key for each user in a room, which expires.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use redis::Script;

use super::{RedisSettings, link::Link};
use crate::{
    domain::id::{MessageId, RoomId, UserId},
    ports::{BackendError, calls::Calls},
};

/// The calls port on Redis.
pub struct RedisCalls {
    link: Arc<Link>,
    prefix: String,
    limit: Duration,
    every: Duration,
    script: Script,
}

impl RedisCalls {
    pub(super) fn new(settings: &RedisSettings, link: Arc<Link>) -> Self {
        Self {
            link,
            prefix: settings.prefix.clone(),
            limit: settings.calls_time,
            every: settings.call_every,
            script: Script::new(include_str!("scripts/calls.lua")),
        }
    }
}

#[async_trait]
impl Calls for RedisCalls {
    async fn take(
        &self,
        user: &UserId,
        room: &RoomId,
        message: MessageId,
    ) -> Result<bool, BackendError> {
        // A room's name has no colon, so no two keys are the same.
        let mut call = self
            .script
            .key(format!("{}call:{room}:{user}", self.prefix));
        call.arg(message.to_string());
        call.arg(self.every.as_millis().max(1).to_string());
        self.link.script(self.limit, &call).await
    }
}
