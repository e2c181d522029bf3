//! Cache, queue, bus, presence, rate limits and calls on Redis (6.2 or newer).
//!
//! Redis holds nothing here that cannot be lost: it may be away at the start, go away, freeze, forget everything and come back,
//! and the adapters answer `Unavailable` meanwhile and recover by themselves. One connection, the subscriber's, is pinged and tells
//! the others how things stand; while it is down, calls fail at once instead of waiting for their limit.

mod backoff;
mod bus;
mod cache;
mod calls;
mod checkup;
mod health;
mod limits;
mod link;
mod patience;
mod presence;
mod presence_reply;
mod presence_steps;
mod publisher;
mod queue;
mod queue_checks;
mod queue_readers;
mod queue_reply;
mod queue_ticket;
mod subscriber;

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::link::Link;
pub use self::{
    bus::RedisBus,
    cache::RedisCache,
    calls::RedisCalls,
    checkup::{checkup, refusal},
    limits::RedisLimits,
    presence::RedisPresence,
    queue::RedisQueue,
};
use crate::{
    domain::id::ReplicaId,
    metrics::{Pooled, RedisFigures},
    ports::{
        BackendError,
        bus::Ear,
        calls::CALL_EVERY,
        presence::{LEASE, RENEWAL},
        queue::CLAIM_TIMEOUT,
    },
};

/// What every key and channel starts with, unless the operator chose otherwise.
pub const DEFAULT_PREFIX: &str = "belfry:";

/// How to use a Redis.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://` or `rediss://`, as the `redis` crate reads it.
    pub url: String,
    /// What every key and channel starts with; processes that share it are one system.
    pub prefix: String,
    /// This process.
    pub replica: ReplicaId,
    /// How many connections the pool for commands may hold.
    pub pool: u32,
    /// How much news may wait for its reader before some is lost and a gap is told.
    pub ear: usize,
    /// How long a call of the cache may take.
    pub cache_time: Duration,
    /// How long a question about a rate limit may take.
    pub limits_time: Duration,
    /// How long one answer on a connection of the pool may take, however long the call may.
    pub answer_time: Duration,
    /// How long a call of the queue may take, beside what it is asked to wait.
    pub queue_time: Duration,
    /// How long a call of presence may take.
    pub presence_time: Duration,
    /// How long a question about calls may take.
    pub calls_time: Duration,
    /// After a call of somebody's in a room, no other message of theirs calls there for so long.
    pub call_every: Duration,
    /// How long a replica is believed to live after its last renewal.
    pub lease: Duration,
    /// How often this replica renews its lease.
    pub renewal: Duration,
    /// After so long a claimed job goes to another worker.
    pub claim_timeout: Duration,
    /// How often the queue looks for such jobs.
    pub claim_check: Duration,
    /// A worker that holds no claim and has not asked for so long is forgotten.
    pub worker_idle: Duration,
    /// A worker that waits for tickets looks so often by itself whether one is due, a claim has passed, or the queue is new.
    pub queue_nap: Duration,
    /// How many tickets the line of the messages' jobs holds, roughly; beyond, the oldest are left to the store's sweep.
    pub message_tickets: u64,
    /// How many each of the other lines holds, likewise.
    pub job_tickets: u64,
    /// How many may wait for their time; beyond, the latest are left to the store's sweep.
    pub delayed_tickets: u64,
    /// Where calls and news are counted.
    pub figures: RedisFigures,
}

impl RedisSettings {
    /// The settings that an operator does not choose, at their usual values.
    pub fn new(url: impl Into<String>, prefix: impl Into<String>, replica: ReplicaId) -> Self {
        Self {
            url: url.into(),
            prefix: prefix.into(),
            replica,
            pool: 8,
            ear: 8_192,
            cache_time: Duration::from_millis(200),
            limits_time: Duration::from_millis(150),
            answer_time: Duration::from_millis(500),
            queue_time: Duration::from_millis(900),
            presence_time: Duration::from_millis(900),
            calls_time: Duration::from_millis(500),
            call_every: CALL_EVERY,
            lease: LEASE,
            renewal: RENEWAL,
            claim_timeout: CLAIM_TIMEOUT,
            claim_check: Duration::from_secs(10),
            worker_idle: Duration::from_secs(600),
            queue_nap: Duration::from_millis(200),
            message_tickets: 1_000_000,
            job_tickets: 4_000_000,
            delayed_tickets: 4_000_000,
            figures: RedisFigures::default(),
        }
    }
}

/// Six ports on one Redis, and the tasks behind them.
///
/// Dropping it stops the tasks at once; [`RedisParts::close`] lets the news that waits go out first.
pub struct RedisParts {
    /// Recent messages.
    pub cache: Arc<RedisCache>,
    /// Jobs.
    pub queue: Arc<RedisQueue>,
    /// News.
    pub bus: Arc<RedisBus>,
    /// Who is here.
    pub presence: Arc<RedisPresence>,
    /// How often is too often.
    pub limits: Arc<RedisLimits>,
    /// Who has called everybody.
    pub calls: Arc<RedisCalls>,
    link: Arc<Link>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl RedisParts {
    /// Makes the parts, and starts to connect. Does not wait for Redis and does not fail when it is away: only settings that
    /// cannot be right are an error. Must be called within a Tokio runtime.
    pub fn connect(settings: RedisSettings) -> Result<(Self, Ear), BackendError> {
        let (watcher, health) = health::health();
        let link = Arc::new(Link::new(&settings, health)?);
        let stop = CancellationToken::new();
        let tasks = TaskTracker::new();
        let (bus, ear) = RedisBus::start(&settings, &link, watcher, &tasks, &stop);
        let limits = RedisLimits::start(&settings, &link, &tasks, &stop);
        tasks.close();
        let parts = Self {
            cache: Arc::new(RedisCache::new(&settings, link.clone())),
            queue: Arc::new(RedisQueue::new(&settings, link.clone())),
            bus: Arc::new(bus),
            presence: Arc::new(RedisPresence::new(&settings, link.clone())),
            limits: Arc::new(limits),
            calls: Arc::new(RedisCalls::new(&settings, link.clone())),
            link,
            tasks,
            stop,
        };
        Ok((parts, ear))
    }

    /// What knows of its connections.
    pub fn pooled(&self) -> Weak<dyn Pooled> {
        let pooled: Arc<dyn Pooled> = self.link.clone();
        Arc::downgrade(&pooled)
    }

    /// Whether Redis answers, as far as is known: at most 2 s old.
    pub fn is_up(&self) -> bool {
        self.link.is_up()
    }

    /// Sends the news that waits, stops the tasks, and closes their connections; within 1 s. Afterwards news is lost.
    pub async fn close(&self) {
        self.stop.cancel();
        if tokio::time::timeout(Duration::from_secs(1), self.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("the bus did not stop in time; news that waited is lost");
        }
    }
}

impl Drop for RedisParts {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
