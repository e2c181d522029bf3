//! Turns: a replica that is not sure of its entries announces them anew, and the old ones go without anybody noticing.

use belfry::{domain::id::ReplicaId, ports::presence::Presence};
use tokio::time::{Instant, sleep};

use super::presence::{LEASE, OFTEN, RENEWAL, live, renew_until_told, renews, with_short_lease};
use crate::{
    conformance::presence::{connect, disconnect, enter, told::told},
    support::{
        eventually,
        redis::{Corner, PrivateRedis, replica},
    },
};

#[tokio::test]
async fn what_is_not_announced_again_goes_and_what_is_stays() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _ear) = with_short_lease(&corner).await;
    let before = [
        enter("general", "eve"),
        enter("random", "eve"),
        enter("general", "sam"),
        connect("kim"),
    ];
    ada.presence.apply(&before).await.unwrap();
    // A lost connection leaves the list whole, but what was sent over it is uncertain.
    redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal"])
        .exec(&mut corner.plain())
        .unwrap();
    eventually("Ada is asked to announce", async || {
        let renewal = ada.presence.renew().await;
        renewal.is_ok_and(|renewal| renewal.announce)
    })
    .await;
    let again = [enter("general", "eve"), connect("kim")];
    let signals = ada.presence.apply(&again).await.unwrap();
    assert_eq!(told(&signals), [""; 0], "nobody has come");
    let found = renew_until_told(&[&ada]).await;
    assert_eq!(
        found,
        [
            "eve left random",
            "sam is offline in general",
            "sam left general"
        ]
    );
    assert_eq!(live(&ada).await.0, 1);
}

#[tokio::test]
async fn who_is_asked_to_announce_late_in_a_lease_has_time_for_it() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (lease, renewal) = (2 * LEASE, 4 * RENEWAL);
    let mut settings = corner.settings();
    (settings.lease, settings.renewal) = (lease, renewal);
    let (bob, _b) = replica(settings.clone()).await;
    settings.replica = ReplicaId::fresh();
    let (ada, _a) = replica(settings).await;
    ada.presence.renew().await.unwrap();
    let renewed = Instant::now();
    let here = [enter("general", "eve")];
    ada.presence.apply(&here).await.unwrap();
    redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal"])
        .exec(&mut corner.plain())
        .unwrap();
    let mut signals = Vec::new();
    let mut asked = false;
    while renewed.elapsed() < lease + RENEWAL {
        if let Ok(renewal) = bob.presence.renew().await {
            signals.extend(renewal.signals);
        }
        if !asked && renewed.elapsed() > lease - RENEWAL {
            let renewal = ada.presence.renew().await;
            asked = renewal.is_ok_and(|renewal| renewal.announce);
        }
        sleep(OFTEN).await;
    }
    assert!(asked);
    signals.extend(ada.presence.apply(&here).await.unwrap());
    assert_eq!(told(&signals), [""; 0]);
    assert_eq!(live(&ada).await.0, 1);
}

#[tokio::test]
async fn a_burial_that_its_undertaker_did_not_finish_is_finished_by_another() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    let here = [enter("general", "eve"), enter("general", "sam")];
    ada.presence.apply(&here).await.unwrap();
    // Ada is dead and somebody has taken her burial on, and died as well.
    let mut plain = corner.plain();
    let (seconds, _): (u64, u64) = redis::cmd("TIME").query(&mut plain).unwrap();
    for turn in turns(&corner) {
        let users: bool = redis::cmd("EXISTS")
            .arg(corner.key(&format!("presence:of:{turn}")))
            .query(&mut plain)
            .unwrap();
        if users {
            redis::pipe()
                .cmd("ZREM")
                .arg(corner.key("presence:leases"))
                .arg(&turn)
                .cmd("ZADD")
                .arg(corner.key("presence:graves"))
                .arg(seconds * 1_000 + 1_500)
                .arg(&turn)
                .exec(&mut plain)
                .unwrap();
        }
    }
    let found = renew_until_told(&[&bob]).await;
    assert_eq!(
        found,
        [
            "eve is offline in general",
            "eve left general",
            "sam is offline in general",
            "sam left general"
        ]
    );
}

#[tokio::test]
async fn nothing_is_left_behind_when_everybody_has_gone() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _a) = with_short_lease(&corner).await;
    let (bob, _b) = with_short_lease(&corner).await;
    let here = [enter("general", "eve"), enter("random", "sam")];
    ada.presence.apply(&here).await.unwrap();
    bob.presence.apply(&here).await.unwrap();
    let gone = [disconnect("eve", &[]), disconnect("sam", &[])];
    ada.presence.apply(&gone).await.unwrap();
    ada.presence.leave().await.unwrap();
    bob.presence.leave().await.unwrap();
    let mut keys: Vec<String> = redis::cmd("KEYS")
        .arg("*")
        .query(&mut corner.plain())
        .unwrap();
    keys.sort();
    assert_eq!(
        keys,
        ["presence:born", "presence:heard"].map(|it| corner.key(it))
    );
}

#[tokio::test]
async fn a_step_that_arrives_late_in_an_old_turn_displaces_nothing() {
    let Some(server) = PrivateRedis::start().await else {
        return;
    };
    let corner = server.corner();
    let (ada, _ear) = with_short_lease(&corner).await;
    let here = [enter("general", "eve")];
    ada.presence.apply(&here).await.unwrap();
    let old_turn = turns(&corner).remove(0);
    redis::cmd("CLIENT")
        .arg(&["KILL", "TYPE", "normal"])
        .exec(&mut corner.plain())
        .unwrap();
    eventually("Ada is asked to announce", async || {
        let renewal = ada.presence.renew().await;
        renewal.is_ok_and(|renewal| renewal.announce)
    })
    .await;
    ada.presence.apply(&here).await.unwrap();
    // What Ada sent in her old turn, and the network held up until now.
    let apply = concat!(
        include_str!("../../src/adapters/redis/scripts/presence_lib.lua"),
        include_str!("../../src/adapters/redis/scripts/presence_apply.lua"),
    );
    let _: redis::Value = redis::Script::new(apply)
        .key(corner.key(""))
        .arg(LEASE.as_millis() as u64)
        .arg(&[&old_turn, "unused.9", ""])
        .arg(&["enter", "general", "eve", "EVE"])
        .invoke(&mut corner.plain())
        .unwrap();
    eventually("the old turn is buried", async || {
        let mut signals = Vec::new();
        renews(&ada, &here, &mut signals).await;
        assert_eq!(told(&signals), [""; 0]);
        !turns(&corner).contains(&old_turn)
    })
    .await;
    assert_eq!(live(&ada).await.0, 1);
}

/// The turns that are not over.
fn turns(corner: &Corner) -> Vec<String> {
    redis::cmd("ZRANGE")
        .arg(corner.key("presence:leases"))
        .arg(&[0, -1])
        .query(&mut corner.plain())
        .unwrap()
}
