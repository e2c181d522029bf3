//! What every adapter of the calls port must do.

use std::{sync::Arc, time::Duration};

use belfry::{
    adapters::memory::MemoryCalls,
    domain::id::{MessageId, RoomId, UserId},
    ports::calls::Calls,
};
use futures_util::future::join_all;
use tokio::time::Instant;

use crate::support::{
    eventually,
    redis::{Corner, replica},
};

/// So long that it does not pass while a story runs.
const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(300);

/// The calls as two workers see them; in memory they are the same.
struct Workers {
    here: Arc<dyn Calls>,
    there: Arc<dyn Calls>,
}

macro_rules! stories {
    ($($story:ident: $every:expr),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                let calls = std::sync::Arc::new(super::MemoryCalls::new($every));
                super::$story(super::Workers { here: calls.clone(), there: calls }).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = super::Corner::open() else { return };
                let settings = || {
                    let mut settings = corner.patient();
                    settings.call_every = $every;
                    settings
                };
                let (here, _ear) = super::replica(settings()).await;
                let (there, _other) = super::replica(settings()).await;
                super::$story(super::Workers { here: here.calls.clone(), there: there.calls.clone() }).await;
            })*
        }
    };
}

stories![
    the_first_message_calls_and_no_other_whichever_worker_asks: super::LONG,
    the_same_message_may_again: super::LONG,
    somebody_else_and_elsewhere_is_another_thing: super::LONG,
    of_many_at_once_one_calls: super::LONG,
    names_of_all_kinds_are_names: super::LONG,
    after_a_while_another_may_however_often_was_asked: super::SHORT,
];

fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

fn room(id: &str) -> RoomId {
    RoomId::parse(id).unwrap()
}

/// Whether a message of Ada's calls in the hall.
async fn calls(worker: &Arc<dyn Calls>, message: MessageId) -> bool {
    let took = worker.take(&user("ada"), &room("hall"), message).await;
    took.unwrap()
}

async fn the_first_message_calls_and_no_other_whichever_worker_asks(workers: Workers) {
    let [first, second] = [MessageId::fresh(), MessageId::fresh()];
    assert!(calls(&workers.here, first).await);
    assert!(!calls(&workers.there, second).await);
    assert!(!calls(&workers.here, second).await);
}

async fn the_same_message_may_again(workers: Workers) {
    let [first, second] = [MessageId::fresh(), MessageId::fresh()];
    assert!(calls(&workers.here, first).await);
    assert!(calls(&workers.there, first).await);
    assert!(!calls(&workers.there, second).await);
    assert!(calls(&workers.here, first).await);
}

async fn somebody_else_and_elsewhere_is_another_thing(workers: Workers) {
    let [first, second] = [MessageId::fresh(), MessageId::fresh()];
    let Workers { here, there } = workers;
    assert!(calls(&here, first).await);
    assert!(
        there
            .take(&user("ben"), &room("hall"), second)
            .await
            .unwrap()
    );
    assert!(
        there
            .take(&user("ada"), &room("attic"), second)
            .await
            .unwrap()
    );
}

async fn of_many_at_once_one_calls(workers: Workers) {
    let both = [&workers.here, &workers.there];
    let asked = both.iter().cycle().take(40);
    let answers = join_all(asked.map(|worker| calls(worker, MessageId::fresh()))).await;
    assert_eq!(answers.into_iter().filter(|it| *it).count(), 1);
}

async fn names_of_all_kinds_are_names(workers: Workers) {
    let long = "🔔".repeat(128);
    for who in [" ", "a:b", "{tag}", "*", &long] {
        let [first, second] = [MessageId::fresh(), MessageId::fresh()];
        let hall = room("hall");
        assert!(workers.here.take(&user(who), &hall, first).await.unwrap());
        assert!(!workers.there.take(&user(who), &hall, second).await.unwrap());
    }
}

async fn after_a_while_another_may_however_often_was_asked(workers: Workers) {
    let [first, second] = [MessageId::fresh(), MessageId::fresh()];
    let began = Instant::now();
    assert!(calls(&workers.here, first).await);
    assert!(!calls(&workers.there, second).await || began.elapsed() >= SHORT);
    // A refusal, or the same message once more, that held others back for longer would do so for ever here.
    eventually("another message may call", async || {
        let may = calls(&workers.there, second).await;
        if !may {
            calls(&workers.here, first).await;
        }
        may
    })
    .await;
}

#[tokio::test]
async fn on_redis_what_holds_nobody_back_leaves_nothing_behind() {
    let Some(corner) = Corner::open() else { return };
    let mut settings = corner.patient();
    settings.call_every = Duration::from_millis(20);
    let (here, _ear) = replica(settings).await;
    let worker: Arc<dyn Calls> = here.calls.clone();
    assert!(calls(&worker, MessageId::fresh()).await);
    let mut plain = corner.plain();
    eventually("the key has gone", async || {
        let left: Vec<String> = redis::cmd("KEYS")
            .arg(corner.key("call:*"))
            .query(&mut plain)
            .unwrap();
        left.is_empty()
    })
    .await;
}
