//! Whatever the bus loses, repeats or turns round, everybody live is carried through every revision once and in order.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use belfry::{
    domain::{
        Rev,
        change::{Change, Deed, Outcome, RoomChange},
        error::Code,
        id::{JobId, MessageId},
    },
    ports::store::{MemberStore, MessageStore},
};
use rand::{
    RngExt, SeedableRng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};

use super::{
    scene::{PATIENCE, Replica},
    watcher::{Stand, Watcher},
};

/// So many changes of all kinds: messages, and what is done with those that are there.
async fn changes_of_all_kinds(
    replica: &Replica,
    messages: &mut Vec<MessageId>,
    count: usize,
    dice: &mut StdRng,
) -> Vec<RoomChange> {
    let mut news = Vec::new();
    for number in 0..count {
        let message = messages.choose(dice).copied();
        let change = match (dice.random_range(0..8), message) {
            (0, Some(message)) => replica.act(
                &replica.ada,
                message,
                Deed::Edit {
                    content: format!("{}", dice.random::<u64>()),
                    job: JobId::fresh(),
                },
            ),
            (1, Some(message)) => replica.act(
                &replica.ada,
                message,
                Deed::React {
                    emoji: format!("e{}", dice.random::<u16>()),
                    on: true,
                },
            ),
            (2, Some(message)) => replica.claps(&replica.ada, message, 1),
            (3, _) => replica.rename(&format!("name {number} {}", dice.random::<u64>())),
            (4, Some(message)) if messages.len() > 5 => {
                messages.retain(|known| *known != message);
                replica.act(&replica.ada, message, Deed::Delete)
            }
            _ => replica.message(),
        };
        if let Change::Send(message) = &change {
            messages.push(message.id);
        }
        let outcomes = replica.store.commit(&[change]).await.unwrap();
        // What would change nothing (the fifty-first clap, the emoji too many) is no news.
        news.extend(outcomes.into_iter().filter_map(|outcome| match outcome {
            Outcome::Committed(change) => Some(change),
            _ => None,
        }));
    }
    news
}

async fn a_careless_bus_loses_nothing(seed: u64) {
    let mut dice = StdRng::seed_from_u64(seed);
    let replica = Replica::start().await;
    let first = Watcher::new(1, &replica.ada);
    replica.joins(&first, None).await;
    let mut watchers = vec![first];
    let mut messages = Vec::new();
    let mut rev = 0;
    for round in 0..12 {
        let count = dice.random_range(1..40);
        let mut news = changes_of_all_kinds(&replica, &mut messages, count, &mut dice).await;
        rev += news.len() as Rev;
        // Lost, repeated, turned round, and in pieces.
        news.retain(|_| dice.random_bool(0.8));
        let repeated: Vec<_> = news
            .iter()
            .filter(|_| dice.random_bool(0.2))
            .cloned()
            .collect();
        news.extend(repeated);
        if dice.random_bool(0.5) {
            news.shuffle(&mut dice);
        }
        for piece in news.chunks(dice.random_range(1..8)) {
            replica.hubs.changes(&replica.room, piece.to_vec());
        }
        let late = Watcher::new(round + 2, &replica.ada);
        let since = dice.random_bool(0.5).then(|| dice.random_range(0..=rev));
        replica.joins(&late, since).await;
        watchers.push(late);
        assert_eq!(replica.compares().await.rev, rev);
        for watcher in &watchers {
            watcher.stands_at(rev).await;
        }
    }
    replica.ends().await;
}

#[tokio::test]
async fn every_revision_reaches_everybody_once_and_in_order() {
    for seed in 0..8 {
        println!("seed {seed}");
        a_careless_bus_loses_nothing(seed).await;
    }
}

#[tokio::test]
async fn a_link_that_closed_while_it_waited_is_not_let_in() {
    let replica = Replica::start().await;
    let gone = Watcher::new(1, &replica.ada);
    gone.open.store(false, Ordering::Release);
    let joined = replica.asks_in(&gone, None);
    assert!(
        tokio::time::timeout(PATIENCE, joined)
            .await
            .expect("in time")
            .is_err(),
        "let go without a word"
    );
    assert!(gone.seen.lock().is_empty());
    replica.ends().await;
}

#[tokio::test]
async fn a_room_is_told_as_it_was_at_the_revision_of_the_history() {
    let replica = Replica::start().await;
    let first = Watcher::new(1, &replica.ada);
    replica.joins(&first, None).await;
    let news = replica
        .commits(vec![
            replica.message(),
            replica.rename("Parlour"),
            replica.message(),
        ])
        .await;
    // The room here stands at 0, and knows nothing of the new name; the membership is read with it.
    let second = Watcher::new(2, &replica.ada);
    replica.joins(&second, None).await;
    let answer = second.told("answer").remove(0);
    assert_eq!(
        (&answer[0]["rev"], &answer[0]["room"]["name"]),
        (&0.into(), &"lobby".into())
    );
    replica.hubs.changes(&replica.room, news);
    first.stands_at(3).await;
    second.stands_at(3).await;
    assert_eq!(second.told("room:updated")[0]["name"], "Parlour");
    // The name came after 1, and before 2.
    for (id, since, told) in [(3, 1, true), (4, 2, false)] {
        let late = Watcher::new(id, &replica.ada);
        replica.joins(&late, Some(since)).await;
        let history = late.told("room:history").remove(0);
        assert_eq!(history["room"]["name"] == "Parlour", told, "{history}");
        let answer = late.told("answer").remove(0);
        assert_eq!(answer[0]["room"]["name"], "Parlour");
    }
    replica.ends().await;
}

#[tokio::test]
async fn a_room_that_was_only_just_woken_asks_when_it_changed_itself() {
    let replica = Replica::start().await;
    replica.store.join(&[replica.entry()]).await.unwrap();
    replica
        .commits(vec![
            replica.message(),
            replica.rename("Parlour"),
            replica.message(),
        ])
        .await;
    let late = Watcher::new(1, &replica.ada);
    replica.joins(&late, Some(1)).await;
    assert_eq!(late.told("room:history")[0]["room"]["name"], "Parlour");
    replica.ends().await;
}

#[tokio::test]
async fn an_end_that_nobody_told_of_is_found_and_told_as_the_last_thing() {
    for told in [true, false] {
        let replica = Replica::start().await;
        let watchers = [1, 2].map(|id| Watcher::new(id, &replica.ada));
        for watcher in &watchers {
            replica.joins(watcher, None).await;
        }
        let mut news = replica
            .commits(vec![
                replica.message(),
                replica.message(),
                replica.deletion(),
            ])
            .await;
        if told {
            // The first two are lost: nothing can tell them any more.
            replica.hubs.changes(&replica.room, vec![news.remove(2)]);
        } else {
            assert!(replica.compares().await.deleted);
        }
        for watcher in &watchers {
            watcher.stands(Stand::Ended).await;
            assert_eq!(watcher.told("room:deleted")[0]["rev"], 3);
        }
        let late = Watcher::new(3, &replica.ada);
        let refused = replica
            .tries_to_join(&late, None)
            .await
            .expect_err("gone for good");
        assert_eq!(refused.code, Code::NotFound);
        replica.hubs.changes(&replica.room, news);
        watchers.iter().for_each(|watcher| watcher.is_sound());
        replica.ends().await;
    }
}

#[tokio::test]
async fn a_room_that_fails_cuts_its_people_and_lets_them_in_again() {
    let replica = Replica::start().await;
    let [fine, fatal] = [1, 2].map(|id| Watcher::new(id, &replica.ada));
    replica.joins(&fine, None).await;
    replica.joins(&fatal, None).await;
    fatal.explodes.store(true, Ordering::Release);
    let news = replica.commits(vec![replica.message()]).await;
    replica.hubs.changes(&replica.room, news);
    let cut = async {
        while fine.open.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, cut)
        .await
        .expect("cut, not left deaf");
    let back: Arc<Watcher> = Watcher::new(3, &replica.ada);
    replica.joins(&back, Some(0)).await;
    back.stands_at(1).await;
    replica.ends().await;
}
