//! What only Redis can do: forget the queue, hold what is no job, and remember workers that are long dead.

use super::*;

#[tokio::test]
async fn a_stream_that_was_lost_is_made_again_and_swept_for_once() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    for round in 0..3 {
        redis::cmd("DEL")
            .arg(corner.key("jobs"))
            .exec(&mut corner.plain())
            .unwrap();
        let after = queues.here.take("ada", 10, DEADLINE).await.unwrap();
        assert!(after.reborn, "round {round}");
        queues.there.push(&[job(round)]).await.unwrap();
        let next = queues.here.take("ada", 10, DEADLINE).await.unwrap();
        assert_eq!((next.reborn, next.jobs.len()), (false, 1), "round {round}");
    }
}

#[tokio::test]
async fn a_worker_that_waits_notices_that_the_stream_was_lost() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    let mut waiting = tokio::task::JoinSet::new();
    for worker in ["ada", "bob", "cy"] {
        let queue = queues.here.clone();
        waiting.spawn(async move { queue.take(worker, 1, DEADLINE).await.unwrap() });
    }
    let blocked = || -> usize {
        let info: String = redis::cmd("CLIENT")
            .arg("LIST")
            .query(&mut corner.plain())
            .unwrap();
        info.lines()
            .filter(|line| line.contains("cmd=xreadgroup") && line.contains(" flags=b "))
            .count()
    };
    crate::support::eventually("three wait", async || blocked() >= 3).await;
    redis::cmd("DEL")
        .arg(corner.key("jobs"))
        .exec(&mut corner.plain())
        .unwrap();
    let first = waiting.join_next().await.unwrap().unwrap();
    assert!(first.reborn);
    // A process is told once: the others go on waiting for jobs.
    queues.there.push(&[job(1), job(2)]).await.unwrap();
    for _ in 0..2 {
        let other = waiting.join_next().await.unwrap().unwrap();
        assert_eq!((other.reborn, other.jobs.len()), (false, 1));
    }
}

#[tokio::test]
async fn what_was_added_before_the_group_was_there_comes_as_well() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    queues.here.push(&[job(1), job(2)]).await.unwrap();
    assert!(queues.here.take("ada", 9, DEADLINE).await.unwrap().reborn);
    let taken = queues.here.take("ada", 9, DEADLINE).await.unwrap();
    assert_eq!(taken.jobs.len(), 2);
}

#[tokio::test]
async fn what_is_no_job_is_put_away_and_the_others_come() {
    let Some(corner) = Corner::open() else { return };
    let queues = on_redis(&corner, CLAIM_TIMEOUT).await;
    swept(&queues.here).await;
    for (field, value) in [("job", "{"), ("other", "{}"), ("job", "{\"id\":1}")] {
        redis::cmd("XADD")
            .arg(corner.key("jobs"))
            .arg("*")
            .arg(field)
            .arg(value)
            .exec(&mut corner.plain())
            .unwrap();
    }
    queues.here.push(&[job(1)]).await.unwrap();
    let taken = queues.here.take("ada", 10, DEADLINE).await.unwrap();
    assert_eq!(taken.jobs.len(), 1);
    assert_eq!(queues.here.len().await.unwrap(), 1);
}

#[tokio::test]
async fn workers_long_gone_are_forgotten_unless_they_hold_a_job() {
    let Some(corner) = Corner::open() else { return };
    let mut settings = corner.settings();
    settings.worker_idle = Duration::from_millis(100);
    settings.claim_check = Duration::from_millis(20);
    let (redis, _ear) = replica(settings).await;
    let queue: Arc<dyn Queue> = redis.queue.clone();
    swept(&queue).await;
    queue.push(&[job(1), job(2)]).await.unwrap();
    queue.take("holder", 1, DEADLINE).await.unwrap();
    let done = queue.take("gone", 1, DEADLINE).await.unwrap();
    queue.settle(&[done.jobs[0].0.clone()]).await.unwrap();
    let mut both_seen = false;
    crate::support::eventually("the idle worker is forgotten", async || {
        let workers: Vec<std::collections::HashMap<String, redis::Value>> = redis::cmd("XINFO")
            .arg("CONSUMERS")
            .arg(corner.key("jobs"))
            .arg("workers")
            .query(&mut corner.plain())
            .unwrap();
        let mut names: Vec<String> = workers
            .into_iter()
            .filter_map(|mut it| redis::from_redis_value(it.remove("name")?).ok())
            .collect();
        names.sort();
        assert!(names.contains(&"holder".to_owned()));
        both_seen |= names == ["gone", "holder"];
        queue.take("alive", 1, Duration::ZERO).await.unwrap();
        both_seen && names == ["holder"]
    })
    .await;
}
