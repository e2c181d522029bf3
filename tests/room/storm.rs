//! Many come back at once, each from another revision: memory answers most, and the rest waits for one answer of the store.

use belfry::domain::{Rev, id::MessageId};

use super::{scene::Replica, watcher::Watcher};

/// A room of so many messages, the first of which changed last: memory alone cannot say what came before that.
async fn long_room(messages: usize) -> (Replica, Rev) {
    let replica = Replica::start().await;
    replica.store_joins(&replica.ada).await;
    replica
        .commits((0..messages).map(|_| replica.message()).collect())
        .await;
    let first = first_message(&replica).await;
    let rev = replica
        .commits(vec![replica.claps(&replica.ada, first, 1)])
        .await[0]
        .rev();
    (replica, rev)
}

async fn first_message(replica: &Replica) -> MessageId {
    use belfry::ports::store::{MessageStore, Place};
    let page = replica
        .store
        .page(&replica.room, Place::After(0), 1)
        .await
        .unwrap();
    page.unwrap().messages[0].id
}

#[tokio::test]
async fn who_resumes_waits_for_the_store_whatever_happens_meanwhile() {
    let (replica, rev) = long_room(150).await;
    let ada = Watcher::new(1, &replica.ada);
    replica.joins(&ada, None).await;
    let bob = Watcher::new(2, &replica.person("bob").await);
    let since = rev - 20;
    let joined = replica.asks_in(&bob, Some(since));
    for news in replica
        .commits((0..50).map(|_| replica.message()).collect())
        .await
    {
        replica.hubs.changes(&replica.room, vec![news]);
        tokio::task::yield_now().await;
    }
    joined.await.unwrap().unwrap();
    bob.stands_at(rev + 50).await;
    ada.stands_at(rev + 50).await;
    assert_eq!(bob.told("room:history")[0]["mode"], "delta");
}

#[tokio::test]
async fn each_of_a_storm_is_told_exactly_what_they_missed() {
    let (replica, rev) = long_room(150).await;
    let mut crowd = Vec::new();
    for place in 0..60_u64 {
        let person = replica.person(&format!("guest{place}")).await;
        let watcher = Watcher::new(place + 1, &person);
        let since = rev - (place as Rev * 7) % 140;
        crowd.push((
            since,
            watcher.clone(),
            replica.asks_in(&watcher, Some(since)),
        ));
    }
    for (since, watcher, joined) in crowd {
        joined.await.unwrap().unwrap();
        watcher.stands_at(rev).await;
        let history = &watcher.told("room:history")[0];
        assert_eq!(history["mode"], "delta", "since {since} of {rev}");
        let revs: Vec<Rev> = history["messages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|message| message["rev"].as_i64().unwrap())
            .collect();
        let mut missed: Vec<Rev> = revs.clone();
        missed.sort_unstable();
        assert_eq!(missed, (since + 1..=rev).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn what_is_too_far_back_is_a_page_without_another_question() {
    let (replica, rev) = long_room(620).await;
    for (at, since) in [(1, 3), (2, 2), (3, rev - 501), (4, rev - 500)] {
        let watcher = Watcher::new(at, &replica.ada);
        replica.joins(&watcher, Some(since)).await;
        let mode = if since < rev - 500 { "reset" } else { "delta" };
        assert_eq!(
            watcher.told("room:history")[0]["mode"],
            mode,
            "since {since} of {rev}"
        );
    }
}
