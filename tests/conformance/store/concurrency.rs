//! Many at once, over two handles as two replicas have them.

use std::collections::HashSet;

use belfry::domain::change::{Change, Outcome};
use futures_util::future::join_all;

use super::scene::{Scene, committed, finding, keyed, mentions, room, text};

super::stories!(
    the_same_client_id_at_once_is_one_message,
    many_writers_leave_no_gap,
    batches_over_many_rooms_do_not_stand_in_each_others_way,
    the_same_finding_at_once_is_applied_once,
    who_reads_a_rev_can_read_every_lower_one,
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
