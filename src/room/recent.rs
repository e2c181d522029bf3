//! A room's newest messages at its current revision: from the cache where it stands there, with what is missing from the store.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;
use tokio::task::JoinSet;

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

/// How many rooms' lists are on their way to the cache at once.
const FILLS_MAX: usize = 64;

/// What is read, and where from.
#[derive(Clone)]
pub struct RecentMessages {
    store: Arc<dyn Store>,
    cache: Arc<dyn RecentCache>,
    metrics: Arc<Metrics>,
    fills: Arc<Fills>,
}

/// The fills that are under way: one a room, and none of them outlives its owner.
#[derive(Default)]
struct Fills {
    rooms: Mutex<HashSet<RoomId>>,
    tasks: Mutex<JoinSet<()>>,
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
    /// The truth, the copy, and where it is counted what the copy was worth.
    pub fn new(store: Arc<dyn Store>, cache: Arc<dyn RecentCache>, metrics: Arc<Metrics>) -> Self {
        Self {
            store,
            cache,
            metrics,
            fills: Arc::default(),
        }
    }

    /// The newest messages of a room that stands at `rev`, or later. `None` when there is no such room.
    pub async fn at(&self, room: &RoomId, rev: Rev) -> Result<Option<Recent>, BackendError> {
        let cached = self.cached(room).await;
        match cached {
            Cached::List(recent) if recent.rev >= rev => {
                self.count("hit");
                Ok(Some(recent))
            }
            Cached::List(behind) => {
                let Some(changes) = self
                    .store
                    .changes(room, behind.rev, RECENT_MAX as i64)
                    .await?
                else {
                    return Ok(None);
                };
                if changes.floor == behind.rev {
                    self.count("behind");
                    return Ok(Some(self.filled(room, merged(behind, changes))));
                }
                self.newest(room, "miss").await.map(first)
            }
            Cached::Nothing => self.newest(room, "miss").await.map(first),
            Cached::NoAnswer => self.newest(room, "unanswered").await.map(first),
        }
    }

    /// The newest messages, and the room itself as of the same revision. `None` when there is no such room (any more).
    ///
    /// With `since`, and where a list is near, the same reading of the store tells what has changed after it.
    pub async fn now(
        &self,
        room: &RoomId,
        since: Option<Rev>,
    ) -> Result<Option<Now>, BackendError> {
        let cached = match self.cached(room).await {
            Cached::List(cached) => cached,
            Cached::Nothing => return self.anew(room, "miss").await,
            Cached::NoAnswer => return self.anew(room, "unanswered").await,
        };
        let most = since.map_or(RECENT_MAX, |_| DELTA_MAX);
        let since = since.map_or(cached.rev, |since| since.min(cached.rev));
        let Some(changes) = self.store.changes(room, since, most as i64).await? else {
            return Ok(None);
        };
        if changes.floor > cached.rev || changes.room.rev < cached.rev {
            return self.anew(room, "miss").await;
        }
        let recent = if changes.room.rev == cached.rev {
            self.count("hit");
            cached
        } else {
            self.count("behind");
            self.filled(room, merged(cached, changes.clone()))
        };
        Ok(Some(Now {
            recent,
            room: changes.room.clone(),
            changes: Some((since, changes)),
        }))
    }

    async fn anew(
        &self,
        room: &RoomId,
        outcome: &'static str,
    ) -> Result<Option<Now>, BackendError> {
        let newest = self.newest(room, outcome).await?;
        Ok(newest.map(|(recent, room)| Now {
            recent,
            room,
            changes: None,
        }))
    }

    /// The list as the cache has it, however far behind: for when the store cannot be asked.
    pub async fn remembered(&self, room: &RoomId) -> Option<Recent> {
        match self.cached(room).await {
            Cached::List(recent) => Some(recent),
            Cached::Nothing | Cached::NoAnswer => None,
        }
    }

    async fn cached(&self, room: &RoomId) -> Cached {
        match self.cache.read(room).await {
            Ok(Some(recent)) => Cached::List(recent),
            Ok(None) => Cached::Nothing,
            Err(error) => {
                tracing::debug!(%error, %room, "the cache did not answer");
                Cached::NoAnswer
            }
        }
    }

    /// The page from the store, after the cache could not answer for that reason.
    async fn newest(
        &self,
        room: &RoomId,
        outcome: &'static str,
    ) -> Result<Option<(Recent, Room)>, BackendError> {
        self.count(outcome);
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
        Ok(Some((self.filled(room, recent), page.room)))
    }

    /// Brings a list to the cache, beside its reader, who must not wait for that. One a room at a time, and no more than a few.
    fn filled(&self, room: &RoomId, recent: Recent) -> Recent {
        let mut tasks = self.fills.tasks.lock();
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= FILLS_MAX || !self.fills.rooms.lock().insert(room.clone()) {
            drop(tasks);
            self.metrics
                .cache
                .fills
                .get_or_create(&[("outcome", "left")])
                .inc();
            return recent;
        }
        let done = Filling {
            fills: Arc::downgrade(&self.fills),
            room: room.clone(),
        };
        let (cache, metrics) = (self.cache.clone(), self.metrics.clone());
        let list = recent.clone();
        tasks.spawn(async move {
            let outcome = match cache.fill(&done.room, &list).await {
                Ok(()) => "done",
                Err(error) => {
                    tracing::debug!(%error, room = %done.room, "the cache was not filled");
                    "failed"
                }
            };
            let count = metrics.cache.fills.get_or_create(&[("outcome", outcome)]);
            count.inc();
        });
        recent
    }

    fn count(&self, outcome: &'static str) {
        let count = self
            .metrics
            .cache
            .reads
            .get_or_create(&[("outcome", outcome)]);
        count.inc();
    }
}

/// What the cache says of a room.
enum Cached {
    List(Recent),
    Nothing,
    NoAnswer,
}

/// Ends with a fill, however that ends.
struct Filling {
    fills: Weak<Fills>,
    room: RoomId,
}

impl Drop for Filling {
    fn drop(&mut self) {
        if let Some(fills) = self.fills.upgrade() {
            fills.rooms.lock().remove(&self.room);
        }
    }
}

fn first(found: Option<(Recent, Room)>) -> Option<Recent> {
    found.map(|(recent, _)| recent)
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
