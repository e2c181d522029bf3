//! Who has lost the right to be in a room hears nothing more of it, whatever the bus loses or turns round; the others miss nothing.

use std::sync::Arc;

use belfry::domain::{
    Rev,
    account::Account,
    presence::{RemovalReason, Signal},
};
use belfry::{ports::store::RoomStore, room::link::Link};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::SliceRandom};

use super::{
    scene::{PATIENCE, Replica, kick},
    watcher::{Stand, Watcher},
};

fn removed(replica: &Replica, user: &Account) -> Signal {
    Signal::Removed {
        room_id: replica.room.clone(),
        user_id: user.id.clone(),
        reason: RemovalReason::Kicked,
    }
}

fn access(replica: &Replica) -> Signal {
    Signal::Access {
        room_id: replica.room.clone(),
    }
}

/// A member with two sockets in the room and one that is not.
struct Member {
    account: Account,
    live: [Arc<Watcher>; 2],
    elsewhere: Arc<Watcher>,
}

async fn members(replica: &Replica) -> Vec<Member> {
    replica.store_joins(&replica.ada).await;
    let mut members = Vec::new();
    for (at, name) in ["bob", "cara", "dan"].into_iter().enumerate() {
        let account = replica.person(name).await;
        let socket = |number: u64| {
            let watcher = Watcher::new(at as u64 * 10 + number, &account);
            replica.hubs.came(watcher.clone());
            watcher
        };
        let live = [socket(11), socket(12)];
        let elsewhere = socket(13);
        for watcher in &live {
            replica.joins(watcher, None).await;
        }
        members.push(Member {
            account,
            live,
            elsewhere,
        });
    }
    members
}

async fn nothing_follows_a_removal(seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let replica = Replica::start().await;
    let ada = Watcher::new(1, &replica.ada);
    replica.joins(&ada, None).await;
    let members = members(&replica).await;
    let mut rev: Rev = 0;
    for _ in 0..8 {
        let victim = &members[dice.random_range(0..members.len())];
        let mut news = replica
            .commits((0..5).map(|_| replica.message()).collect())
            .await;
        replica.kicks(&victim.account).await;
        news.extend(
            replica
                .commits((0..5).map(|_| replica.message()).collect())
                .await,
        );
        rev += 10;
        let mut signals = vec![access(&replica), removed(&replica, &victim.account)];
        signals.retain(|_| dice.random_bool(0.6));
        signals.shuffle(&mut dice);
        news.retain(|_| dice.random_bool(0.8));
        for change in news {
            if dice.random_bool(0.2)
                && let Some(signal) = signals.pop()
            {
                replica.hubs.signal(signal);
            }
            replica.hubs.changes(&replica.room, vec![change]);
            if dice.random_bool(0.1) {
                tokio::task::yield_now().await;
            }
        }
        replica.compares().await;
        for watcher in &victim.live {
            watcher.stands(Stand::Removed).await;
        }
        for other in members
            .iter()
            .filter(|it| it.account.id != victim.account.id)
        {
            for watcher in &other.live {
                watcher.stands_at(rev).await;
            }
        }
        ada.stands_at(rev).await;
        // Late words of what is known already are told to nobody who knows it.
        signals
            .into_iter()
            .for_each(|signal| replica.hubs.signal(signal));
        let told = victim.live[0].told("room:removed").len();
        for watcher in &victim.live {
            let since = dice.random_bool(0.5).then_some(rev);
            replica.joins(watcher, since).await;
            watcher.stands_at(rev).await;
            assert_eq!(watcher.told("room:removed").len(), told);
        }
        victim.elsewhere.is_sound();
    }
    replica.ends().await;
}

#[tokio::test]
async fn whatever_the_bus_does_nothing_follows_a_removal() {
    for seed in 0..12 {
        println!("seed {seed}");
        nothing_follows_a_removal(seed).await;
    }
}

#[tokio::test]
async fn every_socket_of_who_was_removed_is_told_once_and_why() {
    let replica = Replica::start().await;
    let members = members(&replica).await;
    let bob = &members[0];
    replica.kicks(&bob.account).await;
    replica.hubs.signal(removed(&replica, &bob.account));
    replica.hubs.signal(access(&replica));
    for watcher in bob.live.iter().chain([&bob.elsewhere]) {
        watcher.stands(Stand::Removed).await;
        assert_eq!(watcher.told("room:removed").len(), 1);
        assert_eq!(watcher.told("room:removed")[0]["reason"], "kicked");
    }
    for other in &members[1..] {
        assert_eq!(other.elsewhere.stand(), Stand::Outside);
        assert_eq!(other.live[0].stand(), Stand::At(0));
    }
    replica.ends().await;
}

#[tokio::test]
async fn a_reason_that_comes_late_is_told_only_to_who_was_not_told_at_all() {
    let replica = Replica::start().await;
    let bob = members(&replica).await.remove(0);
    replica.kicks(&bob.account).await;
    replica.compares().await;
    bob.live[0].stands(Stand::Removed).await;
    bob.live[1].stands(Stand::Removed).await;
    assert_eq!(
        bob.elsewhere.stand(),
        Stand::Outside,
        "nobody knows who it was"
    );
    replica.hubs.signal(removed(&replica, &bob.account));
    bob.elsewhere.stands(Stand::Removed).await;
    for watcher in &bob.live {
        assert_eq!(watcher.told("room:removed").len(), 1);
        assert_eq!(watcher.told("room:removed")[0]["reason"], "notAllowed");
    }
    replica.ends().await;
}

#[tokio::test]
async fn a_word_of_a_removal_that_is_past_sends_nobody_away() {
    let replica = Replica::start().await;
    let members = members(&replica).await;
    let [bob, cara, dan] = &members[..] else {
        panic!("three members");
    };
    // Bob was removed and has come back; the word of it comes now, and that of Cara's removal after it.
    replica.kicks(&bob.account).await;
    replica.joins(&bob.live[0], None).await;
    // Dan was, and is a member again, but not here.
    replica.kicks(&dan.account).await;
    replica.store_joins(&dan.account).await;
    for watcher in &dan.live {
        let socket = watcher.id();
        replica.hubs.leave(&replica.room, socket).await.unwrap();
    }
    replica.kicks(&cara.account).await;
    replica.hubs.signal(removed(&replica, &bob.account));
    replica.hubs.signal(removed(&replica, &dan.account));
    replica.hubs.signal(removed(&replica, &cara.account));
    cara.elsewhere.stands(Stand::Removed).await;
    assert_eq!(bob.live[0].stand(), Stand::At(0));
    assert_eq!(bob.live[1].stand(), Stand::At(0));
    assert_eq!(bob.elsewhere.stand(), Stand::Outside);
    assert_eq!(dan.elsewhere.stand(), Stand::Outside);
    replica.ends().await;
}

#[tokio::test]
async fn where_nobody_is_live_all_sockets_are_told_directly() {
    let replica = Replica::start().await;
    let bob = replica.person("bob").await;
    let socket = Watcher::new(1, &bob);
    replica.hubs.came(socket.clone());
    replica.hubs.signal(removed(&replica, &bob));
    socket.stands(Stand::Removed).await;
    replica.hubs.went(&bob.id, belfry::domain::id::SocketId(1));
    replica.hubs.signal(removed(&replica, &bob));
    assert_eq!(socket.told("room:removed").len(), 1, "gone is gone");
    replica.ends().await;
}

/// Somebody asks to be let in at the very moment of their removal: let in and taken out, or not let in, but never let in for good.
#[tokio::test]
async fn who_is_removed_while_they_join_does_not_slip_through() {
    for round in 0..40_u64 {
        let replica = Replica::start().await;
        let ada = Watcher::new(1, &replica.ada);
        replica.joins(&ada, None).await;
        let bob = replica.person("bob").await;
        replica.store_joins(&bob).await;
        replica.makes_private().await;
        let socket = Watcher::new(2, &bob);
        replica.hubs.came(socket.clone());
        let joined = replica.asks_in(&socket, None);
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        let (room, by) = (&replica.room, &replica.ada);
        let stands = replica.meanwhile(async |store| {
            kick(store, room, by, &bob).await;
            let rooms = std::slice::from_ref(room);
            store.revisions(rooms).await.unwrap().remove(0)
        });
        replica.hubs.stands_at(stands);
        let _ = tokio::time::timeout(PATIENCE, joined)
            .await
            .expect("in time");
        // A later turn of the room, by which the check is over or on its way.
        let news = replica.commits(vec![replica.message()]).await;
        replica.hubs.changes(&replica.room, news);
        ada.stands_at(2).await;
        if socket.stand() != Stand::Outside {
            socket.stands(Stand::Removed).await;
        }
        socket.is_sound();
        replica.ends().await;
    }
}

/// A room that nobody gets into is forgotten at once, but not before it has told somebody who was removed from it meanwhile.
#[tokio::test]
async fn a_removal_is_told_also_where_a_room_comes_and_goes() {
    for round in 0..60_u64 {
        let replica = Replica::start().await;
        replica.store_joins(&replica.ada).await;
        let [bob, cara] = [replica.person("bob").await, replica.person("cara").await];
        replica.makes_private().await;
        let socket = Watcher::new(1, &bob);
        replica.hubs.came(socket.clone());
        let refused = replica.asks_in(&Watcher::new(2, &cara), None);
        for _ in 0..round / 2 {
            tokio::task::yield_now().await;
        }
        replica.hubs.signal(removed(&replica, &bob));
        assert!(refused.await.unwrap().is_err());
        socket.stands(Stand::Removed).await;
        assert_eq!(socket.told("room:removed").len(), 1);
        replica.ends().await;
    }
}
