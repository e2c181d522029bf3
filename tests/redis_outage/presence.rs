//! Presence over an outage: nobody is declared gone because Redis was, and nobody stays who has gone meanwhile.

use std::time::Duration;

use belfry::{
    adapters::redis::RedisParts,
    domain::presence::{
        Signal,
        Status::{Offline, Online},
    },
    ports::{
        bus::Ear,
        presence::{Presence, Renewal, Step},
    },
};
use tokio::time::{Instant, sleep};

use crate::{
    conformance::presence::{
        disconnect, enter, leave, room,
        told::{told, told_sorted},
    },
    support::{
        DEADLINE, eventually,
        redis::{Corner, PrivateRedis, replica},
    },
};

pub(super) const LEASE: Duration = Duration::from_millis(1_500);
pub(super) const RENEWAL: Duration = Duration::from_millis(500);
pub(super) const OFTEN: Duration = Duration::from_millis(20);

pub(super) async fn with_short_lease(corner: &Corner) -> (RedisParts, Ear) {
    let mut settings = corner.settings();
    settings.lease = LEASE;
    settings.renewal = RENEWAL;
    let (redis, ear) = replica(settings).await;
    assert!(redis.presence.renew().await.unwrap().announce);
    (redis, ear)
}

#[tokio::test]
async fn when_redis_forgot_everything_it_is_announced_again_and_nobody_is_declared_gone() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    // Eve is there through both, Sam through Ada alone, Kim through Bob alone.
    let through_ada = [enter("general", "eve"), enter("general", "sam")];
    let through_bob = [enter("general", "eve"), enter("general", "kim")];
    ada.presence.apply(&through_ada).await.unwrap();
    bob.presence.apply(&through_bob).await.unwrap();
    eventually("the list is settled", async || {
        let renewals = tokio::join!(ada.presence.renew(), bob.presence.renew());
        assert!(!renewals.0.unwrap().announce && !renewals.1.unwrap().announce);
        live(&ada).await.1
    })
    .await;
    redis::cmd("FLUSHALL").exec(&mut corner.plain()).unwrap();
    assert_eq!(live(&ada).await, (0, false));
    assert_eq!(
        ada.presence.renew().await.unwrap(),
        Renewal {
            announce: true,
            signals: vec![]
        }
    );
    ada.presence.apply(&through_ada).await.unwrap();
    // Eve's socket at Ada goes, and Sam goes for good, before Bob has announced.
    let gone = [
        leave("general", "eve"),
        disconnect("eve", &["general"]),
        leave("general", "sam"),
        disconnect("sam", &["general"]),
    ];
    let signals = ada.presence.apply(&gone).await.unwrap();
    assert_eq!(told(&signals), [""; 0], "told while others are unknown");
    let renewal = bob.presence.renew().await.unwrap();
    assert_eq!((renewal.announce, renewal.signals), (true, vec![]));
    bob.presence.apply(&through_bob).await.unwrap();
    let found = renew_until_told(&[&ada, &bob]).await;
    assert_eq!(found, ["sam is offline in general", "sam left general"]);
    assert_eq!(live(&ada).await, (2, true));
}

#[tokio::test]
async fn after_a_restart_everything_is_announced_again() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _ear) = with_short_lease(&corner).await;
    let here = [enter("general", "eve")];
    ada.presence.apply(&here).await.unwrap();
    server.restart().await;
    let mut announce = false;
    eventually("Ada is asked to announce", async || {
        let renewal = ada.presence.renew().await;
        announce |= renewal.is_ok_and(|renewal| renewal.announce);
        announce
    })
    .await;
    ada.presence.apply(&here).await.unwrap();
    assert_eq!(live(&ada).await.0, 1);
    assert!(!ada.presence.renew().await.unwrap().announce);
}

#[tokio::test]
async fn what_happened_while_steps_failed_is_made_up_for() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    let before = [enter("general", "eve"), enter("general", "sam")];
    ada.presence.apply(&before).await.unwrap();
    server.freeze();
    // Sam goes and Kim comes, and neither can be written down.
    let lost = [disconnect("sam", &["general"]), enter("general", "kim")];
    assert!(ada.presence.apply(&lost).await.is_err());
    server.thaw();
    eventually("Ada is asked to announce", async || {
        let renewal = ada.presence.renew().await;
        renewal.is_ok_and(|renewal| renewal.announce)
    })
    .await;
    let now = [enter("general", "eve"), enter("general", "kim")];
    let mut signals = ada.presence.apply(&now).await.unwrap();
    // The lost steps may have been done after all, when Redis went on; either way the list ends up right.
    eventually("Sam is gone", async || {
        renews(&ada, &now, &mut signals).await;
        renews(&bob, &[], &mut signals).await;
        let live = bob.presence.live(&[room("general")], 0).await;
        live.is_ok_and(|live| live[0].count == 2)
    })
    .await;
    let told = told_sorted(&signals);
    assert!(!told.iter().any(|it| it.starts_with("eve")), "{told:?}");
    let statuses = ["eve", "sam", "kim"].map(crate::conformance::presence::user);
    let statuses = bob.presence.statuses(&statuses).await.unwrap();
    assert_eq!(statuses, [Online, Offline, Online], "{told:?}");
}

#[tokio::test]
async fn who_goes_while_redis_is_away_is_told_of_though_redis_forgot_them() {
    let Some(mut server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    let here = [enter("general", "eve"), enter("general", "sam")];
    ada.presence.apply(&here).await.unwrap();
    bob.presence.apply(&here[..1]).await.unwrap();
    server.kill();
    let gone = [
        leave("general", "eve"),
        disconnect("eve", &["general"]),
        leave("general", "sam"),
        disconnect("sam", &["general"]),
    ];
    assert!(ada.presence.apply(&gone).await.is_err());
    server.restart().await;
    let mut announced = [false; 2];
    eventually("both are asked to announce", async || {
        for (replica, done) in [&ada, &bob].into_iter().zip(&mut announced) {
            let renewal = replica.presence.renew().await;
            *done |= renewal.is_ok_and(|renewal| renewal.announce);
        }
        announced == [true; 2]
    })
    .await;
    bob.presence.apply(&here[..1]).await.unwrap();
    // Eve is still there through Bob.
    let found = renew_until_told(&[&ada, &bob]).await;
    assert_eq!(found, ["sam is offline in general", "sam left general"]);
    assert_eq!(live(&bob).await, (1, true));
}

#[tokio::test]
async fn nobody_dies_of_a_redis_that_stood_still() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    ada.presence
        .apply(&[enter("general", "eve")])
        .await
        .unwrap();
    bob.presence
        .apply(&[enter("general", "sam")])
        .await
        .unwrap();
    let frozen = Instant::now();
    server.freeze();
    eventually("all leases have passed", async || {
        frozen.elapsed() > LEASE + RENEWAL
    })
    .await;
    server.thaw();
    let mut signals = Vec::new();
    let (mut ada_is_back, mut bob_is_back) = (false, false);
    eventually("both renew", async || {
        for (replica, back, user) in [
            (&ada, &mut ada_is_back, "eve"),
            (&bob, &mut bob_is_back, "sam"),
        ] {
            *back |= renews(replica, &[enter("general", user)], &mut signals).await;
        }
        ada_is_back && bob_is_back
    })
    .await;
    assert!(!live(&ada).await.1, "absence means nothing yet");
    let until = Instant::now() + 2 * LEASE;
    while Instant::now() < until {
        for (replica, user) in [(&ada, "eve"), (&bob, "sam")] {
            renews(replica, &[enter("general", user)], &mut signals).await;
        }
        sleep(OFTEN).await;
    }
    assert_eq!(told(&signals), [""; 0]);
    assert_eq!(live(&ada).await, (2, true));
}

#[tokio::test]
async fn who_renews_first_after_a_pause_buries_nobody_who_could_not() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    ada.presence
        .apply(&[enter("general", "eve")])
        .await
        .unwrap();
    // Bob's lease is younger, and does not pass while nobody can renew; Ada's does.
    sleep(LEASE - 2 * RENEWAL).await;
    bob.presence.renew().await.unwrap();
    let (first, second) = (bob, ada);
    let renewed = Instant::now();
    eventually("one of the two leases has passed", async || {
        renewed.elapsed() > LEASE - RENEWAL / 4
    })
    .await;
    let found = first.presence.renew().await.unwrap();
    assert_eq!(told(&found.signals), [""; 0], "Ada was not asked");
    let back = second.presence.renew().await.unwrap();
    assert_eq!((back.announce, told(&back.signals)), (false, vec![]));
    // And who is dead is found all the same: this time Ada does not come back.
    let found = renew_until_told(&[&first]).await;
    assert_eq!(found, ["eve is offline in general", "eve left general"]);
}

/// Renews, and announces who is here when it is asked to. Not yet, where Redis does not answer.
pub(super) async fn renews(replica: &RedisParts, here: &[Step], signals: &mut Vec<Signal>) -> bool {
    let Ok(renewal) = replica.presence.renew().await else {
        return false;
    };
    signals.extend(renewal.signals);
    if renewal.announce && !here.is_empty() {
        let Ok(told) = replica.presence.apply(here).await else {
            return false;
        };
        signals.extend(told);
    }
    true
}

/// Lets replicas renew until something is told, and then for a lease more. What was told, sorted.
pub(super) async fn renew_until_told(replicas: &[&RedisParts]) -> Vec<String> {
    let mut signals = Vec::new();
    let mut until = Instant::now() + DEADLINE;
    let mut first = true;
    while Instant::now() < until {
        for replica in replicas {
            renews(replica, &[], &mut signals).await;
        }
        if first && !signals.is_empty() {
            first = false;
            until = Instant::now() + LEASE;
        }
        sleep(OFTEN).await;
    }
    told_sorted(&signals)
}

/// How many are live in the room, and whether that is certain.
pub(super) async fn live(replica: &RedisParts) -> (usize, bool) {
    let live = replica.presence.live(&[room("general")], 0).await.unwrap();
    (live[0].count, live[0].settled)
}
