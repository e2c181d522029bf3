//! Many at once, over two handles as two replicas have them.

use std::collections::HashSet;

use belfry::domain::change::{Change, Outcome};
use futures_util::future::join_all;

use super::{
    asking::{clap, edit, end, erase, react, rename, unreact},
    scene::{Scene, committed, finding, keyed, mentions, room, text},
};

super::stories!(
    the_same_client_id_at_once_is_one_message,
    many_writers_leave_no_gap,
    batches_over_many_rooms_do_not_stand_in_each_others_way,
    the_same_finding_at_once_is_applied_once,
    who_reads_a_rev_can_read_every_lower_one,
    acts_of_two_replicas_in_one_room_leave_no_gap,
    the_same_emoji_at_once_is_one_reaction,
    a_room_ends_once_and_nothing_comes_after_it,
);

async fn the_same_client_id_at_once_is_one_message(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let other = scene.another().await;
    for round in 0..5 {
        let client = format!("c-{round}");
        let outcomes = join_all((0..32).map(|n| {
            let scene = [&scene, &other][n % 2].clone();
            let message = keyed("ada", "hall", &n.to_string(), &client);
            tokio::spawn(async move { scene.commit_one(Change::Send(message)).await })
        }));

        let (mut new, mut seen) = (0, HashSet::new());
        for outcome in outcomes.await {
            match outcome.unwrap() {
                Outcome::Committed(message) => {
                    new += 1;
                    seen.insert(message.message().unwrap().id);
                }
                Outcome::Already(message) => drop(seen.insert(message.message().unwrap().id)),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!((new, seen.len()), (1, 1));
    }
    assert_eq!(scene.history("hall").await.len(), 5);
    assert_eq!(scene.view("hall", "ada").await.room.rev, 5);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 5);
}

async fn many_writers_leave_no_gap(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let other = scene.another().await;

    let writers = join_all((0..16).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move {
            let mut sent = Vec::new();
            for _ in 0..5 {
                let author = ["ada", "ben"][n % 2];
                let batch = [0; 3].map(|_| Change::Send(text(author, "hall", "hello")));
                sent.extend(scene.commit(&batch).await.into_iter().map(committed));
            }
            sent
        })
    }));

    let mut sent: Vec<_> = writers.await.into_iter().flat_map(Result::unwrap).collect();
    sent.sort_by_key(|message| message.seq);
    let sent: Vec<_> = sent.iter().map(|message| (**message).clone()).collect();
    assert_eq!(scene.history("hall").await, sent);
    assert_eq!(sent.len(), 240);
}

async fn batches_over_many_rooms_do_not_stand_in_each_others_way(scene: Scene) {
    let rooms = ["a", "b", "c", "d", "e"];
    for id in rooms {
        scene.room(id, &["ada"]).await;
    }
    let other = scene.another().await;

    let writers = join_all((0..16).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move {
            let mut order = rooms;
            order.rotate_left(n % 5);
            if n % 3 == 0 {
                order.reverse();
            }
            for _ in 0..5 {
                let batch = order.map(|id| Change::Send(text("ada", id, "hello")));
                scene
                    .commit(&batch)
                    .await
                    .into_iter()
                    .for_each(|it| drop(committed(it)));
            }
        })
    }));

    writers.await.into_iter().for_each(Result::unwrap);
    for id in rooms {
        assert_eq!(scene.history(id).await.len(), 80);
    }
}

async fn the_same_finding_at_once_is_applied_once(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let other = scene.another().await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;

    let outcomes = join_all((0..16).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let change = finding(&hello, mentions(&["ben"]));
        tokio::spawn(async move { scene.commit_one(change).await })
    }));

    let outcomes: Vec<_> = outcomes.await.into_iter().map(Result::unwrap).collect();
    let applied = |it: &&Outcome| matches!(it, Outcome::Committed(_));
    assert_eq!(outcomes.iter().filter(applied).count(), 1);
    assert_eq!(scene.view("hall", "ada").await.room.rev, 2);
}

async fn who_reads_a_rev_can_read_every_lower_one(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let other = scene.another().await;
    let writers = (0..8).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move {
            for _ in 0..15 {
                scene.send(text("ada", "hall", "hello")).await;
            }
        })
    });
    let writers = tokio::spawn(join_all(writers));
    let reader = scene.another().await;

    let mut seen = 0;
    while !writers.is_finished() {
        let changes = reader
            .store
            .changes(&room("hall"), 0, 1_000)
            .await
            .unwrap()
            .unwrap();
        let mut revs: Vec<_> = changes.messages.iter().map(|message| message.rev).collect();
        revs.sort_unstable();
        assert_eq!(revs, (1..=changes.room.rev).collect::<Vec<_>>());
        assert!(changes.room.rev >= seen, "time ran backwards");
        seen = changes.room.rev;
    }

    writers.await.unwrap().into_iter().for_each(Result::unwrap);
    assert_eq!(scene.history("hall").await.len(), 120);
}

async fn acts_of_two_replicas_in_one_room_leave_no_gap(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let other = scene.another().await;
    let mut messages = Vec::new();
    for n in 0..4 {
        messages.push(scene.send(text("ada", "hall", &n.to_string())).await);
    }

    let actors = join_all((0..8).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let (one, two) = (messages[n % 3].clone(), messages[(n + 1) % 3].clone());
        let gone = messages[3].clone();
        tokio::spawn(async move {
            let mut revs = Vec::new();
            for round in 0..8 {
                let batch = [
                    react(["ada", "ben"][round % 2], &one, &format!("e{n}")),
                    Change::Send(text("ben", "hall", "hm")),
                    clap(&two, &[("ada", 1), ("ben", 1)]),
                    erase("ada", &gone),
                    rename("ada", "hall", &format!("Hall {n}.{round}")),
                ];
                revs.extend(scene.commit(&batch).await.iter().filter_map(rev));
                let batch = [
                    edit("ada", &one, &format!("{n}.{round}")),
                    unreact("ada", &two, &format!("e{n}")),
                    clap(&gone, &[("ada", 1)]),
                ];
                revs.extend(scene.commit(&batch).await.iter().filter_map(rev));
            }
            revs
        })
    }));

    let revs = actors.await.into_iter().flat_map(Result::unwrap);
    let mut revs: Vec<_> = revs.collect();
    revs.sort_unstable();
    let room = scene.view("hall", "ada").await.room;
    assert_eq!(revs, (5..=room.rev).collect::<Vec<_>>());
    assert_eq!(room.last_seq, 4 + 64);
}

async fn the_same_emoji_at_once_is_one_reaction(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let other = scene.another().await;
    let hello = scene.send(text("ada", "hall", "hello")).await;

    let outcomes = join_all((0..16).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let change = react("ada", &hello, "👍");
        tokio::spawn(async move { scene.commit_one(change).await })
    }));

    let outcomes: Vec<_> = outcomes.await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter_map(rev).collect::<Vec<_>>(), [2]);
    assert_eq!(scene.history("hall").await[0].reactions[0].count, 1);
}

async fn a_room_ends_once_and_nothing_comes_after_it(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let other = scene.another().await;
    let calls = join_all((0..16).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move {
            let mut revs = Vec::new();
            for _ in 0..3 {
                let sent = scene
                    .commit_one(Change::Send(text("ada", "hall", "hm")))
                    .await;
                revs.extend(rev(&sent).map(|rev| (rev, false)));
            }
            let ended = scene.commit_one(end("ada", "hall")).await;
            revs.extend(rev(&ended).map(|rev| (rev, true)));
            revs
        })
    }));

    let mut revs: Vec<_> = calls.await.into_iter().flat_map(Result::unwrap).collect();

    revs.sort_unstable();
    let upto: Vec<_> = (1..).map(|rev| (rev, false)).take(revs.len() - 1).collect();
    assert_eq!(revs[..revs.len() - 1], upto);
    assert_eq!(revs[revs.len() - 1], (revs.len() as i64, true));
}

/// The revision that a change took.
fn rev(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Outcome::Committed(change) => Some(change.rev()),
        _ => None,
    }
}
