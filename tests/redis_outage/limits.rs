//! Limits over an outage: each replica keeps them alone, and all of them together again afterwards.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use belfry::{
    adapters::{memory::MemoryLimits, redis::RedisParts},
    chat::limits::Limits,
    domain::id::ReplicaId,
    metrics::Metrics,
    ports::{
        BackendError,
        bus::Ear,
        limits::{Key, Quota, RateLimits, Verdict},
    },
};
use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use crate::support::{
    eventually,
    redis::{Corner, PrivateRedis, replica},
};

/// How long a question may take here: longer than people would wait, so that a busy machine is not taken for an outage.
const LIMIT: Duration = Duration::from_millis(500);

/// How long a caller waits for an answer at most, with what a busy machine may add. Without a limit it would be for ever.
const WITHIN: Duration = Duration::from_secs(5);

/// Ten at once, and nothing more while a test runs.
const TEN: Quota = match NonZeroU32::new(10) {
    Some(burst) => Quota::one_every(Duration::from_secs(600), burst),
    None => panic!("ten is more than none"),
};

/// A replica, as far as limits go.
struct Gate {
    limits: Limits,
    metrics: Arc<Metrics>,
    redis: RedisParts,
    _ear: Ear,
}

impl Gate {
    async fn at(corner: &Corner) -> Self {
        let mut settings = corner.settings();
        settings.limits_time = LIMIT;
        let (redis, ear) = replica(settings).await;
        let metrics = Arc::new(Metrics::new());
        let own = Arc::new(MemoryLimits::new(1_000));
        Self {
            limits: Limits::together(redis.limits.clone(), own, metrics.clone()),
            metrics,
            redis,
            _ear: ear,
        }
    }

    /// How many of so many pass, all at once.
    async fn passes(&self, who: &str, tries: usize) -> usize {
        let key = Key::new("send", who);
        let verdicts = join_all((0..tries).map(|_| self.limits.take(&key, TEN)));
        let verdicts = timeout(WITHIN, verdicts).await.expect("answers in time");
        verdicts
            .iter()
            .filter(|it| **it == Verdict::Allowed)
            .count()
    }

    /// Ends when what is taken here is counted on Redis.
    async fn is_together(&self) {
        let mut turn = 0;
        eventually("limits are kept together", async || {
            turn += 1;
            let probe = Key::new("probe", ReplicaId::fresh().to_string());
            self.limits.take(&probe, ONE).await;
            let there = self.redis.limits.take(&probe, ONE).await;
            there.is_ok_and(|verdict| verdict != Verdict::Allowed)
        })
        .await;
    }
}

const ONE: Quota = Quota::one_every(Duration::from_secs(600), NonZeroU32::MIN);

#[tokio::test]
async fn a_frozen_redis_lets_each_replica_go_on_from_its_own_count() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (here, there) = (Gate::at(&corner).await, Gate::at(&corner).await);
    here.is_together().await;
    there.is_together().await;
    assert_eq!(here.passes("ada", 6).await, 6);
    assert_eq!(there.passes("eve", 10).await, 10);
    server.freeze();
    assert_eq!(here.passes("ada", 50).await, 4, "six had passed here");
    assert_eq!(there.passes("eve", 50).await, 0, "all had passed here");
    assert_eq!(there.passes("ada", 50).await, 10, "none had passed there");
    assert!(here.metrics.limits_alone.get() > 0);
    server.thaw();
    here.is_together().await;
    there.is_together().await;
    let passed = here.passes("kim", 7).await + there.passes("kim", 7).await;
    assert_eq!(passed, 10, "one budget again");
}

#[tokio::test]
async fn while_redis_is_frozen_only_the_first_callers_wait_for_it() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let here = Gate::at(&corner).await;
    here.is_together().await;
    server.freeze();
    here.passes("ada", 1).await;
    // As many as would take minutes, did each wait for Redis.
    let started = Instant::now();
    for _ in 0..200 {
        here.passes("ada", 1).await;
    }
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_redis_that_is_killed_and_comes_back_empty_is_taken_up() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (here, there) = (Gate::at(&corner).await, Gate::at(&corner).await);
    here.is_together().await;
    there.is_together().await;
    for guest in ["ada", "eve"] {
        server.kill();
        assert_eq!(here.passes(guest, 30).await, 10);
        assert_eq!(there.passes(guest, 30).await, 10);
        server.restart().await;
        here.is_together().await;
        there.is_together().await;
    }
    let passed = here.passes("kim", 7).await + there.passes("kim", 7).await;
    assert_eq!(passed, 10, "one budget again");
}

#[tokio::test]
async fn questions_to_a_frozen_redis_fail_in_time_however_many_there_are() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let here = Gate::at(&corner).await;
    here.is_together().await;
    let limits = &here.redis.limits;
    let ada = Key::new("send", "ada");
    server.freeze();
    // More than may wait.
    let answers = join_all((0..10_000).map(|_| limits.take(&ada, TEN)));
    let answers = timeout(WITHIN, answers).await.expect("answers in time");
    assert!(
        answers
            .iter()
            .all(|it| matches!(it, Err(BackendError::Unavailable { .. })))
    );
    server.thaw();
    eventually("Redis answers again", async || {
        limits.take(&Key::new("send", "kim"), TEN).await.is_ok()
    })
    .await;
}
