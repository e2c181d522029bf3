//! A room's newest messages at its current revision: from the cache where it stands there, with what is missing from the store.

use std::{collections::BTreeMap, sync::Arc};

use super::timeline::DELTA_MAX;
use crate::{
    domain::{Rev, id::RoomId, room::Room},
    metrics::Metrics,
    ports::{
        BackendError,
        cache::{RECENT_MAX, Recent, RecentCache},
        store::{Changes, Place, Store},
    },
};

/// What is read, and where from.
#[derive(Clone)]
pub struct RecentMessages {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// The copy.
    pub cache: Arc<dyn RecentCache>,
    /// Counts hits and misses.
    pub metrics: Arc<Metrics>,
}

/// A room at one revision.
pub struct Now {
    /// Its newest messages.
    pub recent: Recent,
    /// Itself.
    pub room: Room,
    /// What has changed after a revision, as far as the store was asked for that.
    pub changes: Option<(Rev, Changes)>,
}

impl RecentMessages {
    /// The newest messages of a room that stands at `rev`, or later. `None` when there is no such room.
    pub async fn at(&self, room: &RoomId, rev: Rev) -> Result<Option<Recent>, BackendError> {
        match self.cached(room).await {
            Some(recent) if recent.rev >= rev => {
                self.metrics.cache_hits.inc();
                return Ok(Some(recent));
            }
            Some(behind) => {
                let Some(changes) = self
                    .store
                    .changes(room, behind.rev, RECENT_MAX as i64)
                    .await?
                else {
                    return Ok(None);
                };
                if changes.floor == behind.rev {
                    self.metrics.cache_hits.inc();
                    return Ok(Some(self.filled(room, merged(behind, changes)).await));
                }
            }
            None => {}
        }
        Ok(self.newest(room).await?.map(|(recent, _)| recent))
    }

    /// The newest messages, and the room itself as of the same revision. `None` when there is no such room (any more).
    ///
    /// With `since`, and where a list is near, the same reading of the store tells what has changed after it.
    pub async fn now(
        &self,
        room: &RoomId,
        since: Option<Rev>,
    ) -> Result<Option<Now>, BackendError> {
        if let Some(cached) = self.cached(room).await {
            let most = since.map_or(RECENT_MAX, |_| DELTA_MAX);
            let since = since.map_or(cached.rev, |since| since.min(cached.rev));
            let Some(changes) = self.store.changes(room, since, most as i64).await? else {
                return Ok(None);
            };
            if changes.floor <= cached.rev && changes.room.rev >= cached.rev {
                self.metrics.cache_hits.inc();
                let recent = if changes.room.rev == cached.rev {
                    cached
                } else {
                    self.filled(room, merged(cached, changes.clone())).await
                };
                return Ok(Some(Now {
                    recent,
                    room: changes.room.clone(),
                    changes: Some((since, changes)),
                }));
            }
        }
        let newest = self.newest(room).await?;
        Ok(newest.map(|(recent, room)| Now {
            recent,
            room,
            changes: None,
        }))
    }

    async fn cached(&self, room: &RoomId) -> Option<Recent> {
        self.cache.read(room).await.unwrap_or_else(|error| {
            tracing::debug!(%error, %room, "the cache did not answer");
            None
        })
    }

    async fn newest(&self, room: &RoomId) -> Result<Option<(Recent, Room)>, BackendError> {
        self.metrics.cache_misses.inc();
        let Some(page) = self
            .store
            .page(room, Place::Newest, RECENT_MAX as i64)
            .await?
        else {
            return Ok(None);
        };
        let recent = Recent {
            rev: page.room.rev,
            messages: page.messages.into_iter().map(Arc::new).collect(),
        };
        Ok(Some((self.filled(room, recent).await, page.room)))
    }

    async fn filled(&self, room: &RoomId, recent: Recent) -> Recent {
        if let Err(error) = self.cache.fill(room, &recent).await {
            tracing::debug!(%error, %room, "the cache was not filled");
        }
        recent
    }
}

/// A list brought forward by all that has changed since.
fn merged(behind: Recent, changes: Changes) -> Recent {
    let mut by_seq: BTreeMap<_, _> = behind
        .messages
        .into_iter()
        .map(|message| (message.seq, message))
        .collect();
    let oldest = by_seq.keys().next().copied().unwrap_or(1);
    for message in changes.messages {
        if message.seq >= oldest {
            by_seq.insert(message.seq, Arc::new(message));
        }
    }
    let skip = by_seq.len().saturating_sub(RECENT_MAX);
    Recent {
        rev: changes.room.rev,
        messages: by_seq.into_values().skip(skip).collect(),
    }
}
