//! What in a history is the reader's own: claps and emoji, told to them alone, and as of the history's revision or later.

use std::sync::Arc;

use belfry::domain::{
    account::Account,
    change::{Deed, Outcome, RoomChange},
    id::MessageId,
};
use belfry::ports::store::MessageStore;
use serde_json::{Value, json};

use super::{scene::Replica, watcher::Watcher};

async fn applauded(replica: &Replica, bob: &Account) -> (MessageId, Vec<RoomChange>) {
    let news = replica.commits(vec![replica.message()]).await;
    let id = news[0].message().unwrap().id;
    let clap = replica.claps(bob, id, 7);
    let react = |emoji: &str| Deed::React {
        emoji: emoji.into(),
        on: true,
    };
    let bells = replica.act(bob, id, react("🔔"));
    let cats = replica.act(&replica.ada, id, react("🐈"));
    let mut all = news;
    all.extend(replica.commits(vec![clap, bells, cats]).await);
    (id, all)
}

/// Claps and reactions of the newest message in the newest history.
fn own(watcher: &Watcher) -> (Value, Value) {
    let history = watcher.told("room:history").pop().expect("a history");
    let message = history["messages"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone();
    (message["claps"].clone(), message["reactions"].clone())
}

fn bells_and_cats(bells: Value, cats: Value) -> Value {
    let of = |emoji: &str, mine: Value| match mine {
        Value::Null => json!({ "emoji": emoji, "count": 1 }),
        mine => json!({ "emoji": emoji, "count": 1, "mine": mine }),
    };
    json!([of("🔔", bells), of("🐈", cats)])
}

#[tokio::test]
async fn a_history_at_a_join_says_what_is_the_readers_own() {
    let replica = Replica::start().await;
    let [bob, cara] = [replica.person("bob").await, replica.person("cara").await];
    let ada = Watcher::new(1, &replica.ada);
    replica.joins(&ada, None).await;
    replica.store_joins(&bob).await;
    let (_, news) = applauded(&replica, &bob).await;
    replica.hubs.changes(&replica.room, news);
    ada.stands_at(4).await;
    for (at, since) in [None, Some(1), Some(99)].into_iter().enumerate() {
        let sockets =
            [(&bob, 10), (&cara, 20)].map(|(user, id)| Watcher::new(id + at as u64, user));
        let answers = sockets
            .each_ref()
            .map(|socket| replica.asks_in(socket, since));
        for answer in answers {
            answer.await.unwrap().unwrap();
        }
        let (claps, reactions) = own(&sockets[0]);
        assert_eq!(claps, json!({ "total": 7, "mine": 7 }), "{since:?}");
        assert_eq!(reactions, bells_and_cats(true.into(), false.into()));
        let (claps, reactions) = own(&sockets[1]);
        assert_eq!(claps, json!({ "total": 7, "mine": 0 }), "{since:?}");
        assert_eq!(reactions, bells_and_cats(false.into(), false.into()));
    }
    // What everybody was told says nothing of anybody's own.
    assert!(
        ada.told("message:reacted")[1]["reactions"][0]
            .get("mine")
            .is_none()
    );
    assert!(
        ada.told("message:clapped")[0]["claps"]
            .get("mine")
            .is_none()
    );
    replica.ends().await;
}

#[tokio::test]
async fn a_history_that_nobody_asked_for_says_it_too() {
    let replica = Replica::start().await;
    let bob = replica.person("bob").await;
    let [ada, at_bob] = [Watcher::new(1, &replica.ada), Watcher::new(2, &bob)];
    replica.joins(&ada, None).await;
    replica.joins(&at_bob, None).await;
    // All news of it is lost.
    applauded(&replica, &bob).await;
    replica.compares().await;
    ada.stands_at(4).await;
    at_bob.stands_at(4).await;
    let told = |watcher: &Arc<Watcher>| own(watcher);
    assert_eq!(
        told(&at_bob),
        (
            json!({ "total": 7, "mine": 7 }),
            bells_and_cats(true.into(), false.into())
        )
    );
    assert_eq!(
        told(&ada),
        (
            json!({ "total": 7, "mine": 0 }),
            bells_and_cats(false.into(), true.into())
        )
    );
    replica.ends().await;
}

/// Bob claps while he joins, again and again: his history counts what he had clapped at its revision, or more, never less.
#[tokio::test]
async fn claps_of_who_is_joining_are_not_forgotten() {
    let replica = Replica::start().await;
    let bob = replica.person("bob").await;
    let ada = Watcher::new(1, &replica.ada);
    replica.joins(&ada, None).await;
    replica.store_joins(&bob).await;
    let news = replica.commits(vec![replica.message()]).await;
    let id = news[0].message().unwrap().id;
    replica.hubs.changes(&replica.room, news);
    for round in 0..45_u64 {
        let socket = Watcher::new(100 + round, &bob);
        let joined = replica.asks_in(&socket, (round % 2 == 0).then_some(1));
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let clap = replica.claps(&bob, id, 1);
        let outcome =
            replica.meanwhile(async |store| store.commit(&[clap]).await.unwrap().remove(0));
        let Outcome::Committed(clap) = outcome else {
            panic!("{outcome:?}");
        };
        replica.hubs.changes(&replica.room, vec![clap]);
        joined.await.unwrap().unwrap();
        socket.stands_at(round as i64 + 2).await;
        let history = socket.told("room:history").remove(0);
        // Every revision after the first is a clap of Bob's.
        let then = history["rev"].as_i64().unwrap() - 1;
        if let Some(message) = history["messages"].as_array().unwrap().last() {
            let mine = message["claps"]["mine"].as_i64().expect("said");
            assert!(
                (then..=round as i64 + 1).contains(&mine),
                "{mine} claps of {then}"
            );
            assert_eq!(message["claps"]["total"].as_i64(), Some(then));
        }
    }
    replica.ends().await;
}
