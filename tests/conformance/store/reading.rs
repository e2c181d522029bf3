//! How far people have read.

use belfry::{
    domain::change::Change,
    ports::store::{ReadMark, ReadState},
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

use super::scene::{Scene, committed, finding, mentions, room, text, user};
use crate::support::databases::{Backend, with_database_of};

super::stories!(
    reading_moves_forward_only,
    nobody_reads_beyond_the_last_message,
    who_is_no_member_marks_nothing,
    marks_are_answered_in_order,
    unread_mentions_are_those_after_the_position,
    of_many_who_mark_at_once_the_highest_counts,
    sending_and_marking_at_once_stand_in_nobodys_way,
);

async fn reading_moves_forward_only(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 5).await;

    assert_eq!(mark(&scene, "hall", "ben", 3).await, read(3, 2, 0, true));
    assert_eq!(mark(&scene, "hall", "ben", 3).await, read(3, 2, 0, false));
    assert_eq!(mark(&scene, "hall", "ben", 1).await, read(3, 2, 0, false));
    assert_eq!(mark(&scene, "hall", "ben", 5).await, read(5, 0, 0, true));
    let standing = scene.standing("hall", "ben").await;
    assert_eq!((standing.last_read_seq, standing.unread), (5, 0));
    // Who sends has read.
    assert_eq!(mark(&scene, "hall", "ada", 2).await, read(5, 0, 0, false));
    assert_eq!(scene.view("hall", "ada").await.room.rev, 5);
}

async fn nobody_reads_beyond_the_last_message(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    assert_eq!(mark(&scene, "hall", "ben", 9).await, read(0, 0, 0, false));
    scene.chatter("ada", "hall", 2).await;
    let all = mark(&scene, "hall", "ben", i64::MAX).await;
    assert_eq!(all, read(2, 0, 0, true));
    let none = mark(&scene, "hall", "ben", i64::MIN).await;
    assert_eq!(none, read(2, 0, 0, false));
    scene.chatter("ada", "hall", 1).await;
    assert_eq!(scene.standing("hall", "ben").await.unread, 1);
}

async fn who_is_no_member_marks_nothing(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("gone", &["ada"]).await;
    scene.people(&["eve"]).await;
    scene.chatter("ada", "hall", 1).await;
    scene.delete_room("gone").await;
    for (id, name) in [
        ("hall", "eve"),
        ("hall", "nobody"),
        ("gone", "ada"),
        ("absent", "ada"),
    ] {
        assert_eq!(mark(&scene, id, name, 1).await, None, "{name} in {id}");
    }
    assert!(scene.store.mark_read(&[]).await.unwrap().is_empty());
}

async fn marks_are_answered_in_order(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    scene.room("attic", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 5).await;
    scene.chatter("ada", "attic", 2).await;
    let marks = [
        of("hall", "ben", 2),
        of("attic", "ben", 1),
        of("hall", "eve", 1),
        of("hall", "ben", 4),
        of("hall", "cy", 5),
        of("hall", "ben", 3),
        of("hall", "ada", 1),
    ];

    let states = scene.store.mark_read(&marks).await.unwrap();

    // All of one member's get the same answer.
    assert_eq!(
        states,
        [
            read(4, 1, 0, true),
            read(1, 1, 0, true),
            None,
            read(4, 1, 0, true),
            read(5, 0, 0, true),
            read(4, 1, 0, true),
            read(5, 0, 0, false),
        ]
    );
    assert_eq!(scene.standing("hall", "ben").await.last_read_seq, 4);
    assert_eq!(scene.standing("attic", "ben").await.last_read_seq, 1);
}

async fn unread_mentions_are_those_after_the_position(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    for (content, ids) in [("1", &["ben"][..]), ("2", &["cy"]), ("3", &["ben", "cy"])] {
        let message = scene.send(text("ada", "hall", content)).await;
        let found = finding(&message, mentions(ids));
        committed(scene.commit_one(found).await);
    }
    let standing = scene.standing("hall", "ben").await;
    assert_eq!((standing.unread, standing.unread_mentions), (3, 2));

    assert_eq!(mark(&scene, "hall", "ben", 1).await, read(1, 2, 1, true));
    assert_eq!(mark(&scene, "hall", "ben", 2).await, read(2, 1, 1, true));
    assert_eq!(mark(&scene, "hall", "ben", 3).await, read(3, 0, 0, true));
    assert_eq!(mark(&scene, "hall", "cy", 0).await, read(0, 3, 2, false));
}

async fn of_many_who_mark_at_once_the_highest_counts(scene: Scene) {
    let names: Vec<_> = (0..20).map(|n| format!("u-{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for id in ["attic", "hall"] {
        scene.room(id, &names).await;
        scene.chatter("u-0", id, 40).await;
    }
    let other = scene.another().await;

    let marks = join_all((0..24_usize).map(|n| {
        let store = [&scene, &other][n % 2].store.clone();
        let seq = n as i64 + 1;
        let mut marks: Vec<_> = names[1..]
            .iter()
            .flat_map(|name| [of("hall", name, seq), of("attic", name, seq)])
            .collect();
        marks.rotate_left(n * 11 % 38);
        tokio::spawn(async move { (seq, store.mark_read(&marks).await.unwrap()) })
    }));

    for marked in marks.await {
        let (seq, states) = marked.unwrap();
        assert_eq!(states.len(), 38);
        for state in states {
            let state = state.expect("a member");
            assert!(state.last_read_seq >= seq, "{state:?} after {seq}");
            assert_eq!(state.unread, 40 - state.last_read_seq);
        }
    }
    for name in &names[1..] {
        assert_eq!(scene.standing("hall", name).await.last_read_seq, 24);
    }
}

async fn sending_and_marking_at_once_stand_in_nobodys_way(scene: Scene) {
    let names: Vec<_> = (0..12).map(|n| format!("u-{n}")).collect();
    let refs: Vec<_> = names.iter().map(String::as_str).collect();
    for id in ["attic", "hall"] {
        scene.room(id, &refs).await;
    }
    let other = scene.another().await;

    let work = join_all((0..8_usize).map(|n| {
        let scene = [&scene, &other][n / 2 % 2].clone();
        let names = names.clone();
        tokio::spawn(async move {
            for round in 0..12 {
                let mut order: Vec<_> = names
                    .iter()
                    .flat_map(|name| [("hall", name), ("attic", name)])
                    .collect();
                order.rotate_left((n * 5 + round) % 24);
                if n % 2 == 0 {
                    let sends = order.iter().map(|(id, name)| text(name, id, "hello"));
                    let sends: Vec<_> = sends.map(Change::Send).collect();
                    scene.commit(&sends).await.into_iter().for_each(|it| {
                        committed(it);
                    });
                } else {
                    let marks = order.iter().map(|(id, name)| of(id, name, i64::MAX));
                    let marks: Vec<_> = marks.collect();
                    let states = scene.store.mark_read(&marks).await.unwrap();
                    assert!(states.iter().all(Option::is_some));
                }
            }
        })
    }));

    work.await.into_iter().for_each(Result::unwrap);
    assert_eq!(scene.view("hall", "u-0").await.room.last_seq, 4 * 12 * 12);
}

/// A commit that has a member's row holds up that member's mark, and no other one's.
#[tokio::test]
async fn a_mark_waits_while_its_member_is_being_changed() {
    with_database_of(Backend::Postgres, async |database| {
        let scene = Scene {
            store: database.open().await,
            database: database.clone(),
        };
        scene.room("hall", &["ada", "ben", "cy"]).await;
        scene.chatter("ada", "hall", 2).await;
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut lock = other.begin().await.unwrap();
        sqlx::query("UPDATE members SET last_read_seq = 1 WHERE user_id = 'ben'")
            .execute(&mut *lock)
            .await
            .unwrap();

        let store = scene.store.clone();
        let marking = tokio::spawn(async move {
            let marks = [of("hall", "ben", 2), of("hall", "cy", 2)];
            store.mark_read(&marks).await
        });
        while scene.standing("hall", "cy").await.last_read_seq != 2 {
            assert!(!marking.is_finished());
        }
        assert_eq!(scene.standing("hall", "ben").await.last_read_seq, 0);
        lock.commit().await.unwrap();
        let states = marking.await.unwrap();

        assert_eq!(states.unwrap(), [read(2, 0, 0, true); 2]);
        other.close().await.unwrap();
        scene.store.close().await;
    })
    .await;
}

fn of(id: &str, name: &str, seq: i64) -> ReadMark {
    ReadMark {
        room: room(id),
        user: user(name),
        seq,
    }
}

fn read(last_read_seq: i64, unread: i64, unread_mentions: i64, moved: bool) -> Option<ReadState> {
    Some(ReadState {
        last_read_seq,
        unread,
        unread_mentions,
        moved,
    })
}

async fn mark(scene: &Scene, id: &str, name: &str, seq: i64) -> Option<ReadState> {
    let states = scene.store.mark_read(&[of(id, name, seq)]).await.unwrap();
    assert_eq!(states.len(), 1);
    states[0]
}
