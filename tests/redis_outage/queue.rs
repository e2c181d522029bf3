//! Jobs over an outage: a queue that was lost is made again, and the store is swept.

use std::time::Duration;

use belfry::ports::queue::Queue;

use crate::{
    conformance::queue::job,
    support::{DEADLINE, eventually, redis::PrivateRedis},
};

#[tokio::test]
async fn each_process_that_notices_that_all_was_forgotten_sweeps_once() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((ada, _), (bob, _)) = (corner.replica().await, corner.replica().await);
    let none = Duration::ZERO;
    assert!(ada.queue.take("ada", 1, none).await.unwrap().reborn);
    assert!(!bob.queue.take("bob", 1, none).await.unwrap().reborn);
    bob.queue.push(&[job(1)]).await.unwrap();
    redis::cmd("FLUSHALL").exec(&mut corner.plain()).unwrap();
    bob.queue.push(&[job(2)]).await.unwrap();
    assert!(ada.queue.take("ada", 1, none).await.unwrap().reborn);
    let taken = bob.queue.take("bob", 1, DEADLINE).await.unwrap();
    assert_eq!((taken.reborn, &taken.jobs[0].1), (false, &job(2)));
}

#[tokio::test]
async fn a_worker_that_waits_is_told_of_a_restart() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let (ada, _ear) = server.corner().replica().await;
    assert!(
        ada.queue
            .take("ada", 1, Duration::ZERO)
            .await
            .unwrap()
            .reborn
    );
    let waiting = tokio::spawn({
        let queue = ada.queue.clone();
        async move { queue.take("ada", 1, DEADLINE).await }
    });
    tokio::task::yield_now().await;
    server.kill();
    assert!(waiting.await.unwrap().is_err());
    server.restart().await;
    eventually("the queue is made again", async || {
        let taken = ada.queue.take("ada", 1, Duration::ZERO).await;
        taken.is_ok_and(|taken| taken.reborn)
    })
    .await;
    assert!(
        !ada.queue
            .take("ada", 1, Duration::ZERO)
            .await
            .unwrap()
            .reborn
    );
}
