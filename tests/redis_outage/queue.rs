//! Tickets over an outage: a queue that was lost is made again, and the store is swept.

use std::time::Duration;

use belfry::ports::queue::{Queue, Wish};

use crate::{
    conformance::queue::{message, ticket},
    support::{DEADLINE, eventually, redis::PrivateRedis},
};

const ONE: Wish = Wish::Jobs { max: 1, low: 1 };
const MESSAGE: Wish = Wish::Messages(1);
const NONE: Duration = Duration::ZERO;

#[tokio::test]
async fn one_process_that_notices_that_all_was_forgotten_sweeps_once() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let ((ada, _), (bob, _)) = (corner.replica().await, corner.replica().await);
    assert!(ada.queue.take("ada", ONE, NONE).await.unwrap().reborn);
    assert!(!bob.queue.take("bob", MESSAGE, NONE).await.unwrap().reborn);
    bob.queue.push(&[ticket(1), message(2)]).await.unwrap();
    redis::cmd("FLUSHALL").exec(&mut corner.plain()).unwrap();
    bob.queue.push(&[message(3)]).await.unwrap();
    assert!(ada.queue.take("ada", ONE, NONE).await.unwrap().reborn);
    let taken = bob.queue.take("bob", MESSAGE, DEADLINE).await.unwrap();
    assert_eq!(
        (taken.reborn, &taken.tickets[0].ticket),
        (false, &message(3))
    );
}

#[tokio::test]
async fn a_worker_that_waits_is_told_that_all_was_forgotten() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _ear) = corner.replica().await;
    assert!(ada.queue.take("ada", ONE, NONE).await.unwrap().reborn);
    let waiting = tokio::spawn({
        let queue = ada.queue.clone();
        async move { queue.take("ada", ONE, DEADLINE).await }
    });
    tokio::task::yield_now().await;
    redis::cmd("FLUSHALL").exec(&mut corner.plain()).unwrap();
    assert!(waiting.await.unwrap().unwrap().reborn);
}

#[tokio::test]
async fn a_worker_that_waits_is_told_of_a_restart() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let (ada, _ear) = server.corner().replica().await;
    assert!(ada.queue.take("ada", ONE, NONE).await.unwrap().reborn);
    let waiting = [ONE, MESSAGE].map(|wish| {
        let queue = ada.queue.clone();
        tokio::spawn(async move { queue.take("ada", wish, DEADLINE).await })
    });
    tokio::task::yield_now().await;
    server.kill();
    for waiting in waiting {
        assert!(waiting.await.unwrap().is_err());
    }
    server.restart().await;
    eventually("the queue is made again", async || {
        let taken = ada.queue.take("ada", MESSAGE, NONE).await;
        taken.is_ok_and(|taken| taken.reborn)
    })
    .await;
    for wish in [ONE, MESSAGE] {
        assert!(!ada.queue.take("ada", wish, NONE).await.unwrap().reborn);
    }
}
