//! Replicas that live, die and end, and what is told of the users who were there through them.

use std::{sync::Arc, time::Duration};

use belfry::{
    domain::presence::Status,
    ports::presence::{LEASE, Presence, STEPS_MAX, Step},
};
use tokio::time::{Instant, sleep};

use super::{Replicas, apply, connect, enter, live, status, told::told, told::told_sorted};
use crate::support::{DEADLINE, eventually};

stories! {
    a_first_renewal_asks_for_everything super::LEASE;
    a_clean_end_is_told_at_once_and_only_there super::LEASE;
    a_clean_end_of_many_is_told_in_full super::LONG;
    a_young_list_is_not_settled super::LEASE;
    a_list_settles_after_a_lease super::SHORT;
    a_death_is_told_exactly_once super::SHORT;
    the_death_of_one_replica_of_a_user_is_no_death_of_theirs super::SHORT;
    a_death_of_many_is_told_in_full super::SHORT;
    who_renews_lives super::SHORT;
    who_was_buried_alive_announces_again super::SHORT;
}

/// A lease that a test can wait for, and that a busy machine does not miss.
const SHORT: Duration = Duration::from_millis(1_500);

/// A lease that does not pass within a test.
const LONG: Duration = Duration::from_secs(120);

/// What may pass between two renewals of a test; far from the lease.
const OFTEN: Duration = Duration::from_millis(20);

async fn a_first_renewal_asks_for_everything(on: Replicas) {
    assert!(on.ada.renew().await.unwrap().announce);
    assert!(!on.ada.renew().await.unwrap().announce);
    // Somebody who came before the first renewal is there all the same, and is not told of again.
    let steps = [connect("eve"), enter("general", "eve")];
    assert_eq!(apply(&on.bob, &steps).await.len(), 1);
    assert!(on.bob.renew().await.unwrap().announce);
    assert_eq!(apply(&on.bob, &steps).await, [""; 0]);
    let next = on.bob.renew().await.unwrap();
    assert_eq!((next.announce, told(&next.signals)), (false, vec![]));
}

async fn a_clean_end_is_told_at_once_and_only_there(on: Replicas) {
    for replica in [&on.ada, &on.bob, &on.cy] {
        replica.renew().await.unwrap();
    }
    apply(&on.ada, &[enter("general", "eve"), enter("general", "sam")]).await;
    apply(&on.bob, &[enter("general", "sam")]).await;
    let end = on.ada.leave().await.unwrap();
    assert_eq!(
        told_sorted(&end),
        ["eve is offline in general", "eve left general"]
    );
    assert_eq!(on.ada.leave().await.unwrap(), []);
    for replica in [&on.bob, &on.cy] {
        assert_eq!(replica.renew().await.unwrap().signals, []);
    }
    assert_eq!(live(&on.cy, "general").await.count, 1);
}

async fn a_clean_end_of_many_is_told_in_full(on: Replicas) {
    let expected = fill_the_square(&on.ada, 10_000).await;
    let mut signals = on.ada.leave().await.unwrap();
    eventually("the rest is told elsewhere", async || {
        signals.extend(on.bob.renew().await.unwrap().signals);
        signals.len() >= expected.len()
    })
    .await;
    assert_eq!(told_sorted(&signals), expected);
}

async fn a_young_list_is_not_settled(on: Replicas) {
    on.ada.renew().await.unwrap();
    apply(&on.ada, &[enter("general", "eve")]).await;
    for name in ["general", "empty"] {
        assert!(!live(&on.bob, name).await.settled);
    }
}

async fn a_list_settles_after_a_lease(on: Replicas) {
    on.ada.renew().await.unwrap();
    eventually("the list is settled", async || {
        on.ada.renew().await.unwrap();
        live(&on.bob, "empty").await.settled
    })
    .await;
    assert!(live(&on.ada, "general").await.settled);
}

async fn a_death_is_told_exactly_once(on: Replicas) {
    for replica in [&on.ada, &on.bob, &on.cy] {
        replica.renew().await.unwrap();
    }
    let steps = [
        connect("eve"),
        enter("general", "eve"),
        enter("random", "eve"),
        connect("sam"),
        enter("general", "sam"),
        connect("kim"),
    ];
    apply(&on.ada, &steps).await;
    let told = watch_a_death(&[&on.bob, &on.cy]).await;
    assert_eq!(
        told,
        [
            "eve is offline in general random",
            "eve left general",
            "eve left random",
            "sam is offline in general",
            "sam left general",
        ]
    );
    assert_eq!(live(&on.bob, "general").await.count, 0);
    assert_eq!(status(&on.bob, "kim").await, Status::Offline);
}

async fn the_death_of_one_replica_of_a_user_is_no_death_of_theirs(on: Replicas) {
    for replica in [&on.ada, &on.bob, &on.cy] {
        replica.renew().await.unwrap();
    }
    apply(&on.ada, &[enter("general", "eve"), enter("random", "eve")]).await;
    apply(&on.ada, &[enter("general", "sam")]).await;
    apply(&on.bob, &[enter("general", "eve")]).await;
    let told = watch_a_death(&[&on.bob, &on.cy]).await;
    assert_eq!(
        told,
        [
            "eve left random",
            "sam is offline in general",
            "sam left general"
        ]
    );
    assert_eq!(status(&on.cy, "eve").await, Status::Online);
    assert_eq!(live(&on.cy, "general").await.count, 1);
}

async fn a_death_of_many_is_told_in_full(on: Replicas) {
    for replica in [&on.ada, &on.bob, &on.cy] {
        replica.renew().await.unwrap();
    }
    let expected = fill_the_square(&on.ada, 1_500).await;
    assert_eq!(watch_a_death(&[&on.bob, &on.cy]).await, expected);
}

async fn who_renews_lives(on: Replicas) {
    for replica in [&on.ada, &on.bob] {
        replica.renew().await.unwrap();
    }
    apply(&on.ada, &[enter("general", "eve")]).await;
    let until = Instant::now() + 2 * SHORT;
    while Instant::now() < until {
        for replica in [&on.ada, &on.bob] {
            let renewal = replica.renew().await.unwrap();
            assert_eq!((renewal.announce, renewal.signals), (false, vec![]));
        }
        sleep(OFTEN).await;
    }
    assert_eq!(live(&on.bob, "general").await.count, 1);
}

async fn who_was_buried_alive_announces_again(on: Replicas) {
    for replica in [&on.ada, &on.bob] {
        replica.renew().await.unwrap();
    }
    let steps = [connect("eve"), enter("general", "eve")];
    apply(&on.ada, &steps).await;
    let told = watch_a_death(&[&on.bob]).await;
    assert_eq!(told, ["eve is offline in general", "eve left general"]);
    let renewal = on.ada.renew().await.unwrap();
    assert_eq!((renewal.announce, renewal.signals), (true, vec![]));
    let joined = apply(&on.ada, &steps).await;
    assert_eq!(joined, ["eve joined general, online"]);
    for replica in [&on.ada, &on.bob] {
        let renewal = replica.renew().await.unwrap();
        assert_eq!((renewal.announce, renewal.signals), (false, vec![]));
    }
    assert_eq!(live(&on.bob, "general").await.count, 1);
}

/// Brings many into a room through one replica. What will have to be told when that replica is gone, sorted.
async fn fill_the_square(replica: &Arc<dyn Presence>, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|at| format!("user-{at}")).collect();
    let steps: Vec<Step> = names.iter().map(|name| enter("square", name)).collect();
    for some in steps.chunks(STEPS_MAX) {
        assert_eq!(replica.apply(some).await.unwrap().len(), some.len());
    }
    let mut expected: Vec<String> = names
        .iter()
        .flat_map(|name| {
            [
                format!("{name} left square"),
                format!("{name} is offline in square"),
            ]
        })
        .collect();
    expected.sort();
    expected
}

/// Lets some replicas renew, all at once and again and again, until another one's death has been told; and then for half a lease
/// more, in which nothing may be told twice. What they were told, sorted.
async fn watch_a_death(survivors: &[&Arc<dyn Presence>]) -> Vec<String> {
    let mut signals = Vec::new();
    let mut until = Instant::now() + DEADLINE;
    let mut died = false;
    while Instant::now() < until {
        let renewals = survivors.iter().map(|replica| replica.renew());
        for renewal in futures_util::future::join_all(renewals).await {
            signals.extend(renewal.unwrap().signals);
        }
        if !died && !signals.is_empty() {
            died = true;
            until = Instant::now() + SHORT / 2;
        }
        sleep(OFTEN).await;
    }
    told_sorted(&signals)
}
