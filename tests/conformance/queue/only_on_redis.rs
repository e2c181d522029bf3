//! What only Redis can do: forget the queue, hold what is no ticket, and remember workers that are long dead.

use belfry::ports::queue::CLAIM_TIMEOUT;

use super::*;
use crate::support::{eventually, redis::PrivateRedis};

#[tokio::test]
async fn lines_that_were_lost_are_made_again_and_swept_for_once() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    for (lost, wish) in [
        (&["messages", "high", "normal", "low"][..], ANY),
        (&["messages", "high", "normal", "low"], Wish::Messages(9)),
        (&["messages"], Wish::Messages(9)),
        (&["low"], ANY),
    ] {
        forget(&corner, lost);
        let after = queues.here.take("ada", wish, DEADLINE).await.unwrap();
        assert!(after.reborn, "{lost:?}");
        queues.there.push(&[ticket(1), message(2)]).await.unwrap();
        for wish in [ANY, Wish::Messages(9)] {
            for queue in [&queues.here, &queues.there] {
                let next = queue.take("ada", wish, Duration::ZERO).await.unwrap();
                assert!(!next.reborn, "{lost:?}");
                queue.settle(&claims(&next.tickets)).await.unwrap();
            }
        }
        assert_eq!(count(&queues.here).await, 0);
        let untold: bool = redis::cmd("EXISTS")
            .arg(corner.key("queue:untold"))
            .query(&mut corner.plain())
            .unwrap();
        assert!(!untold, "somebody else would be told as well");
    }
}

#[tokio::test]
async fn who_waits_is_woken_and_not_only_looks_now_and_then() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let mut settings = corner.patient();
    settings.queue_nap = 10 * DEADLINE;
    let (redis, _ear) = replica(settings).await;
    let queue: Arc<dyn Queue> = redis.queue.clone();
    swept(&queue).await;
    for (wish, added) in [
        (ANY, ticket(1)),
        (Wish::Messages(1), message(2)),
        (ANY, ticket(3)),
    ] {
        let mut waiting = tokio::task::JoinSet::new();
        for worker in ["ada", "bob"] {
            let queue = queue.clone();
            waiting.spawn(async move { queue.take(worker, wish, 10 * DEADLINE).await.unwrap() });
        }
        eventually("both wait", async || blocked(&corner) == 2).await;
        for _ in 0..2 {
            queue.push(std::slice::from_ref(&added)).await.unwrap();
            let woken = timeout(DEADLINE, waiting.join_next()).await.unwrap();
            let taken = woken.unwrap().unwrap().tickets;
            queue.settle(&claims(&taken)).await.unwrap();
        }
    }
}

#[tokio::test]
async fn one_of_those_who_wait_notices_that_all_was_lost() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    let mut waiting = tokio::task::JoinSet::new();
    for (worker, wish) in [
        ("ada", upto(1)),
        ("bob", upto(1)),
        ("cy", Wish::Messages(1)),
    ] {
        let queue = queues.here.clone();
        waiting.spawn(async move { queue.take(worker, wish, DEADLINE).await.unwrap() });
    }
    eventually("all wait", async || blocked(&corner) == 3).await;
    forget(&corner, &["messages", "high", "normal", "low", "delayed"]);
    let first = waiting.join_next().await.unwrap().unwrap();
    assert!(first.reborn);
    // One is told: the others go on waiting for tickets.
    let tickets = [ticket(1), ticket(2), message(3)];
    queues.there.push(&tickets).await.unwrap();
    for _ in 0..2 {
        let other = waiting.join_next().await.unwrap().unwrap();
        assert_eq!((other.reborn, other.tickets.len()), (false, 1));
    }
}

#[tokio::test]
async fn another_is_told_when_the_first_may_not_have_heard() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    redis::cmd("SET")
        .arg(corner.key("queue:untold"))
        .arg(from_now(0).as_millis())
        .exec(&mut corner.plain())
        .unwrap();
    let early = queues.there.take("bob", ANY, Duration::ZERO).await.unwrap();
    assert!(!early.reborn);
    let late = queues.there.take("bob", ANY, DEADLINE).await.unwrap();
    assert!(late.reborn);
    let once = queues.here.take("ada", ANY, Duration::ZERO).await.unwrap();
    assert!(!once.reborn);
}

#[tokio::test]
async fn what_was_added_before_the_group_was_there_comes_as_well() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    queues.here.push(&[ticket(1), ticket(2)]).await.unwrap();
    let taken = queues.here.take("ada", ANY, DEADLINE).await.unwrap();
    assert_eq!((taken.reborn, taken.tickets.len()), (true, 2));
}

#[tokio::test]
async fn what_is_no_ticket_is_put_away_and_the_others_come() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    let long = [0_u8; 20];
    for (field, value) in [
        ("j", &b"short"[..]),
        ("other", &long[..16]),
        ("j", &long[..]),
        ("job", b"{}"),
    ] {
        redis::cmd("XADD")
            .arg(corner.key("queue:normal"))
            .arg("*")
            .arg(field)
            .arg(value)
            .exec(&mut corner.plain())
            .unwrap();
    }
    redis::cmd("ZADD")
        .arg(corner.key("queue:delayed"))
        .arg(&["1", "what is this", "2", ""])
        .exec(&mut corner.plain())
        .unwrap();
    queues.here.push(&[ticket(1)]).await.unwrap();
    let taken = queues.here.take("ada", upto(10), DEADLINE).await.unwrap();
    assert_eq!(jobs(&taken.tickets), [ticket(1)]);
    assert_eq!(count(&queues.here).await, 1);
}

#[tokio::test]
async fn the_stream_of_the_version_before_is_left_alone() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    let mut plain = corner.plain();
    let old = corner.key("jobs");
    redis::cmd("XADD")
        .arg(&old)
        .arg(&["1-1", "job", "{}"])
        .exec(&mut plain)
        .unwrap();
    queues.here.push(&[ticket(1), message(2)]).await.unwrap();
    take_all(&queues.here, "ada", ANY, 1).await;
    let dump = |plain: &mut redis::Connection| -> redis::Value {
        redis::cmd("XRANGE")
            .arg(&old)
            .arg(&["-", "+"])
            .query(plain)
            .unwrap()
    };
    let there: Vec<redis::Value> = redis::from_redis_value(dump(&mut plain)).unwrap();
    assert_eq!(there.len(), 1);
    let groups: Vec<redis::Value> = redis::cmd("XINFO")
        .arg("GROUPS")
        .arg(&old)
        .query(&mut plain)
        .unwrap();
    assert!(groups.is_empty());
}

#[tokio::test]
async fn a_full_line_drops_its_oldest_and_the_delayed_their_latest() {
    let Some(corner) = Corner::open() else { return };
    let mut settings = corner.patient();
    (settings.job_tickets, settings.delayed_tickets) = (1_000, 10);
    let (redis, _ear) = replica(settings).await;
    let queue: Arc<dyn Queue> = redis.queue.clone();
    swept(&queue).await;
    let many: Vec<Ticket> = (0..3_000).map(ticket).collect();
    queue.push(&many).await.unwrap();
    let kept = queue.backlog().await.unwrap().jobs[1];
    assert!((1_000..1_200).contains(&kept), "{kept} are kept");
    let taken = queue.take("ada", upto(1), DEADLINE).await.unwrap();
    assert_eq!(taken.tickets[0].ticket, ticket(3_000 - u128::from(kept)));
    let start = from_now(3_600_000).as_millis();
    let delayed: Vec<Ticket> = (0..30)
        .map(|number| Ticket {
            due: Some(Timestamp::from_millis(start + i64::from(number))),
            ..with(Priority::High, u128::from(number as u32))
        })
        .collect();
    queue.push(&delayed).await.unwrap();
    assert_eq!(queue.backlog().await.unwrap().delayed, 10);
}

#[tokio::test]
async fn waiting_tickets_are_small_and_their_memory_comes_back() {
    const MANY: u128 = 30_000;
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (redis, _ear) = corner.patient_replica().await;
    let queue: Arc<dyn Queue> = redis.queue.clone();
    swept(&queue).await;
    let used = || -> u64 {
        let info: String = redis::cmd("INFO")
            .arg("memory")
            .query(&mut corner.plain())
            .unwrap();
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory_dataset:"));
        line.unwrap().parse().unwrap()
    };
    let before = used();
    for some in (0..MANY).collect::<Vec<_>>().chunks(500) {
        let some: Vec<Ticket> = some.iter().map(|it| ticket(*it)).collect();
        queue.push(&some).await.unwrap();
    }
    let each = used().saturating_sub(before) / MANY as u64;
    assert!(each < 100, "{each} bytes for each ticket");
    for _ in 0..MANY / 500 {
        let taken = queue.take("ada", upto(500), DEADLINE).await.unwrap();
        queue.settle(&claims(&taken.tickets)).await.unwrap();
    }
    assert_eq!(count(&queue).await, 0);
    eventually("the memory is back", async || {
        used() < before + 5 * MANY as u64
    })
    .await;
}

#[tokio::test]
async fn workers_long_gone_are_forgotten_unless_they_hold_a_ticket() {
    let Some(corner) = Corner::open() else { return };
    let mut settings = corner.patient();
    settings.worker_idle = Duration::from_millis(100);
    settings.claim_check = Duration::from_millis(20);
    let (redis, _ear) = replica(settings).await;
    let queue: Arc<dyn Queue> = redis.queue.clone();
    swept(&queue).await;
    queue.push(&[ticket(1), ticket(2)]).await.unwrap();
    queue.take("holder", upto(1), DEADLINE).await.unwrap();
    let done = queue.take("gone", upto(1), DEADLINE).await.unwrap();
    queue.settle(&claims(&done.tickets)).await.unwrap();
    let mut both_seen = false;
    eventually("the idle worker is forgotten", async || {
        let workers: Vec<std::collections::HashMap<String, redis::Value>> = redis::cmd("XINFO")
            .arg("CONSUMERS")
            .arg(corner.key("queue:normal"))
            .arg("workers")
            .query(&mut corner.plain())
            .unwrap();
        let mut names: Vec<String> = workers
            .into_iter()
            .filter_map(|mut it| redis::from_redis_value(it.remove("name")?).ok())
            .filter(|name| name != "first" && name != "alive")
            .collect();
        names.sort();
        assert!(names.contains(&"holder".to_owned()));
        both_seen |= names == ["gone", "holder"];
        queue.take("alive", upto(1), Duration::ZERO).await.unwrap();
        both_seen && names == ["holder"]
    })
    .await;
}

/// Removes keys of the queue.
fn forget(corner: &Corner, names: &[&str]) {
    let keys: Vec<String> = names
        .iter()
        .map(|name| corner.key(&format!("queue:{name}")))
        .collect();
    redis::cmd("DEL")
        .arg(keys)
        .exec(&mut corner.plain())
        .unwrap();
}

/// How many wait for a bell here.
fn blocked(corner: &Corner) -> usize {
    let info: String = redis::cmd("CLIENT")
        .arg("LIST")
        .query(&mut corner.plain())
        .unwrap();
    info.lines()
        .filter(|line| line.contains("cmd=blpop") && line.contains(" flags=b "))
        .count()
}
