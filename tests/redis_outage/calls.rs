//! Calls while Redis does not answer: each ends within its limit, and works again when Redis is back.

use std::time::Duration;

use belfry::{
    adapters::redis::RedisParts,
    domain::id::{MessageId, ReplicaId},
    ports::{
        BackendError,
        bus::Bus,
        cache::RecentCache,
        calls::Calls,
        limits::{Key, Quota, RateLimits, Verdict},
        presence::Presence,
        queue::{Claim, Queue, Wish},
    },
};
use tokio::time::{Instant, timeout};

use crate::{
    conformance::{
        bus::room as topic,
        cache::{list, new, room},
        presence::{enter, user},
        queue::{message, ticket},
    },
    support::{
        eventually,
        redis::{PrivateRedis, replica},
    },
};

/// Once a minute.
const ONCE: Quota = Quota::one_every(Duration::from_secs(60), std::num::NonZeroU32::MIN);

const JOBS: Wish = Wish::Jobs { max: 10, low: 10 };
const MESSAGES: Wish = Wish::Messages(10);

/// What a busy machine may add to a limit. A call without one would never end.
const SLACK: Duration = Duration::from_secs(5);

#[tokio::test]
async fn replicas_come_up_without_redis_and_take_it_up_when_it_is_there() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    server.kill();
    let (redis, _ear) = RedisParts::connect(corner.settings()).unwrap();
    assert!(!redis.is_up() && !redis.bus.is_up());
    each_call_fails_in_time(&redis).await;
    server.restart().await;
    each_call_works_again(&redis).await;
}

#[tokio::test]
async fn a_frozen_redis_freezes_nothing() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (redis, _ear) = corner.replica().await;
    each_call_works_again(&redis).await;
    server.freeze();
    each_call_fails_in_time(&redis).await;
    let frozen = Instant::now();
    eventually("it is noticed", async || !redis.is_up()).await;
    assert!(frozen.elapsed() < Duration::from_secs(2) + SLACK);
    each_call_fails_in_time(&redis).await;
    server.thaw();
    each_call_works_again(&redis).await;
}

#[tokio::test]
async fn a_redis_that_is_killed_and_started_again_is_taken_up() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (redis, _ear) = corner.replica().await;
    for _ in 0..2 {
        each_call_works_again(&redis).await;
        server.kill();
        each_call_fails_in_time(&redis).await;
        server.restart().await;
    }
    each_call_works_again(&redis).await;
}

#[tokio::test]
async fn a_full_pool_freezes_nothing() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let mut settings = server.corner().settings();
    settings.pool = 2;
    let (redis, _ear) = replica(settings).await;
    server.freeze();
    let general = room("general");
    let all = futures_util::future::join_all((0..200).map(|_| redis.cache.read(&general)));
    for answer in ends("200 reads", Duration::from_millis(500), all).await {
        assert!(matches!(answer, Err(BackendError::Unavailable { .. })));
    }
    server.thaw();
    each_call_works_again(&redis).await;
}

#[tokio::test]
async fn a_cache_that_does_not_answer_is_not_waited_for_each_time() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let (redis, _ear) = server.corner().replica().await;
    each_call_works_again(&redis).await;
    server.freeze();
    let general = room("general");
    let started = Instant::now();
    for _ in 0..1_000 {
        assert!(redis.cache.read(&general).await.is_err());
    }
    // Far more than one would be minutes.
    assert!(started.elapsed() < Duration::from_secs(2) + SLACK);
    server.thaw();
    each_call_works_again(&redis).await;
}

#[test]
fn an_address_that_cannot_be_right_is_refused() {
    for url in ["http://127.0.0.1", "redis://127.0.0.1:port", ""] {
        let settings =
            belfry::adapters::redis::RedisSettings::new(url, "test:", ReplicaId::fresh());
        assert!(RedisParts::connect(settings).is_err(), "{url}");
    }
}

/// Makes every call there is, all at once.
async fn each_call_fails_in_time(redis: &RedisParts) {
    let (half, whole) = (Duration::from_millis(500), Duration::from_secs(1));
    let wait = Duration::from_millis(300);
    let (general, claim) = (room("general"), Claim("h1-1".into()));
    let (filled, changes) = (list(&general, 1..=3), [new(&general, 4, 4)]);
    let (jobs, rooms, users) = ([ticket(1)], [general.clone()], [user("eve")]);
    let (claims, steps) = ([claim], [enter("general", "eve")]);
    let RedisParts {
        cache,
        queue,
        bus,
        presence,
        limits,
        calls,
        ..
    } = redis;
    let sends = Key::new("send", "eve");
    let (eve, called) = (user("eve"), MessageId::fresh());
    tokio::join!(
        fails("append", half, cache.append(&changes)),
        fails("read", half, cache.read(&general)),
        fails("fill", half, cache.fill(&general, &filled)),
        fails("push", whole, queue.push(&jobs)),
        fails("take jobs", whole + wait, queue.take("ada", JOBS, wait)),
        fails(
            "take messages",
            whole + wait,
            queue.take("ada", MESSAGES, wait)
        ),
        fails("settle", whole, queue.settle(&claims)),
        fails("backlog", whole, queue.backlog()),
        fails("apply", whole, presence.apply(&steps)),
        fails("renew", whole, presence.renew()),
        fails("live", whole, presence.live(&rooms, 10)),
        fails("statuses", whole, presence.statuses(&users)),
        fails("leave", whole, presence.leave()),
        fails("take a permit", half, limits.take(&sends, ONCE)),
        fails("give it back", half, limits.give_back(&sends, ONCE)),
        fails("call", half, calls.take(&eve, &general, called)),
        ends("subscribe", whole, bus.subscribe(topic("late"))),
    );
}

async fn fails<T: std::fmt::Debug>(
    what: &str,
    limit: Duration,
    call: impl Future<Output = Result<T, BackendError>>,
) {
    let answer = ends(what, limit, call).await;
    assert!(
        matches!(answer, Err(BackendError::Unavailable { .. })),
        "{what}: {answer:?}"
    );
}

async fn ends<T>(what: &str, limit: Duration, call: impl Future<Output = T>) -> T {
    let answer = timeout(limit + SLACK, call).await;
    answer.unwrap_or_else(|_| panic!("{what} took longer than {limit:?}"))
}

async fn each_call_works_again(redis: &RedisParts) {
    eventually("Redis is up", async || redis.is_up() && redis.bus.is_up()).await;
    let general = room("general");
    let filled = list(&general, 1..=3);
    eventually("the cache is asked again", async || {
        redis.cache.fill(&general, &filled).await.is_ok()
    })
    .await;
    redis.cache.append(&[]).await.unwrap();
    assert_eq!(redis.cache.read(&general).await.unwrap(), Some(filled));
    redis.queue.push(&[ticket(1), message(2)]).await.unwrap();
    for wish in [JOBS, MESSAGES] {
        eventually("the ticket comes", async || {
            let wait = Duration::from_millis(100);
            let taken = redis.queue.take("ada", wish, wait).await.unwrap();
            let claims: Vec<Claim> = taken.tickets.into_iter().map(|it| it.claim).collect();
            redis.queue.settle(&claims).await.unwrap();
            !claims.is_empty()
        })
        .await;
    }
    redis.presence.renew().await.unwrap();
    let steps = [enter("general", "eve")];
    redis.presence.apply(&steps).await.unwrap();
    let live = redis.presence.live(&[general], 10).await.unwrap();
    assert_eq!(live[0].count, 1);
    redis.presence.leave().await.unwrap();
    redis.bus.subscribe(topic("general")).await;
    let sends = Key::new("send", ReplicaId::fresh().to_string());
    let verdict = redis.limits.take(&sends, ONCE).await.unwrap();
    assert_eq!(verdict, Verdict::Allowed);
    let caller = user(&ReplicaId::fresh().to_string());
    let (general, called) = (room("general"), MessageId::fresh());
    let may = redis.calls.take(&caller, &general, called).await;
    assert!(may.unwrap());
}
