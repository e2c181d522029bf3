//! Reading messages: pages, and what changed since a revision.

use belfry::{
    domain::{Rev, Seq},
    ports::store::{Changes, Place},
};

use super::{
    asking::rename,
    scene::{Scene, finding, mentions, room, text},
};

super::stories!(
    the_newest_page_is_the_end_of_history,
    a_page_before_or_after_leaves_its_place_out,
    a_page_around_holds_its_place,
    an_empty_room_has_an_empty_page,
    a_page_shows_messages_as_they_are_now,
    changes_are_all_messages_with_a_higher_rev,
    more_changes_than_asked_leave_a_floor,
    changes_tell_when_the_room_itself_changed,
    a_page_and_its_room_are_of_one_moment,
);

async fn the_newest_page_is_the_end_of_history(scene: Scene) {
    ten(&scene).await;
    assert_eq!(seqs(&scene, Place::Newest, 3).await, (vec![8, 9, 10], true));
    assert_eq!(seqs(&scene, Place::Newest, 9).await, (up(2, 10), true));
    assert_eq!(seqs(&scene, Place::Newest, 10).await, (up(1, 10), false));
    assert_eq!(seqs(&scene, Place::Newest, 11).await, (up(1, 10), false));
}

async fn a_page_before_or_after_leaves_its_place_out(scene: Scene) {
    ten(&scene).await;
    assert_eq!(seqs(&scene, Place::Before(5), 2).await, (vec![3, 4], true));
    assert_eq!(seqs(&scene, Place::Before(5), 4).await, (up(1, 4), false));
    assert_eq!(seqs(&scene, Place::Before(1), 4).await, (vec![], false));
    assert_eq!(
        seqs(&scene, Place::Before(Seq::MAX), 1).await,
        (vec![10], true)
    );
    assert_eq!(seqs(&scene, Place::After(5), 2).await, (vec![6, 7], true));
    assert_eq!(seqs(&scene, Place::After(5), 5).await, (up(6, 10), false));
    assert_eq!(seqs(&scene, Place::After(10), 5).await, (vec![], false));
    assert_eq!(seqs(&scene, Place::After(0), 100).await, (up(1, 10), false));
}

async fn a_page_around_holds_its_place(scene: Scene) {
    ten(&scene).await;
    assert_eq!(seqs(&scene, Place::Around(5), 4).await, (up(4, 7), true));
    assert_eq!(seqs(&scene, Place::Around(5), 5).await, (up(3, 7), true));
    assert_eq!(seqs(&scene, Place::Around(5), 1).await, (vec![5], true));
    assert_eq!(seqs(&scene, Place::Around(2), 4).await, (up(1, 4), true));
    assert_eq!(seqs(&scene, Place::Around(9), 4).await, (up(8, 10), true));
    assert_eq!(seqs(&scene, Place::Around(5), 10).await, (up(1, 10), false));
    assert_eq!(
        seqs(&scene, Place::Around(99), 4).await,
        (vec![9, 10], true)
    );
    assert_eq!(seqs(&scene, Place::Around(0), 4).await, (vec![1, 2], true));
}

async fn an_empty_room_has_an_empty_page(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    for place in [
        Place::Newest,
        Place::Before(5),
        Place::After(0),
        Place::Around(1),
    ] {
        let page = scene.page("hall", place, 10).await;
        assert!(page.messages.is_empty() && !page.has_more);
        assert_eq!(page.room, scene.view("hall", "ada").await.room);
    }
}

async fn a_page_shows_messages_as_they_are_now(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let first = scene.send(text("ada", "hall", "@ben")).await;
    scene.send(text("ada", "hall", "and so on")).await;
    scene.commit_one(finding(&first, mentions(&["ben"]))).await;

    let page = scene.page("hall", Place::Newest, 10).await;

    let revs: Vec<_> = page.messages.iter().map(|message| message.rev).collect();
    assert_eq!(revs, [3, 2]);
    assert_eq!((page.room.rev, page.room.last_seq), (3, 2));
}

async fn changes_are_all_messages_with_a_higher_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let mut sent = Vec::new();
    for n in 1..=5 {
        sent.push(scene.send(text("ada", "hall", &n.to_string())).await);
    }
    // The second message is now the newest change, rev 6.
    scene
        .commit_one(finding(&sent[1], mentions(&["ben"])))
        .await;

    assert_eq!(
        since(&scene, 0, 10).await,
        (0, vec![(1, 1), (2, 6), (3, 3), (4, 4), (5, 5)])
    );
    assert_eq!(
        since(&scene, 3, 10).await,
        (3, vec![(2, 6), (4, 4), (5, 5)])
    );
    assert_eq!(since(&scene, 5, 10).await, (5, vec![(2, 6)]));
    assert_eq!(since(&scene, 6, 10).await, (6, vec![]));
    assert_eq!(since(&scene, 99, 10).await, (99, vec![]));
}

async fn more_changes_than_asked_leave_a_floor(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let first = scene.send(text("ada", "hall", "1")).await;
    scene.chatter("ada", "hall", 4).await;
    scene.commit_one(finding(&first, mentions(&["ben"]))).await;

    assert_eq!(since(&scene, 0, 5).await.0, 0);
    assert_eq!(
        since(&scene, 0, 4).await,
        (2, vec![(1, 6), (3, 3), (4, 4), (5, 5)])
    );
    assert_eq!(since(&scene, 0, 1).await, (5, vec![(1, 6)]));
    assert_eq!(since(&scene, 3, 3).await, (3, vec![(1, 6), (4, 4), (5, 5)]));
    assert_eq!(since(&scene, 3, 2).await, (4, vec![(1, 6), (5, 5)]));
}

async fn changes_tell_when_the_room_itself_changed(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.chatter("ada", "hall", 2).await;
    assert_eq!(changes(&scene, 0, 10).await.room_changed, 0);

    scene.commit_one(rename("ada", "hall", "Great Hall")).await;

    let changes = changes(&scene, 2, 10).await;
    assert_eq!(changes.room_changed, 3);
    assert_eq!((&*changes.room.name, changes.room.rev), ("Great Hall", 3));
    assert!(changes.messages.is_empty());
}

async fn a_page_and_its_room_are_of_one_moment(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let writer = tokio::spawn({
        let scene = scene.clone();
        async move {
            for _ in 0..50 {
                scene.chatter("ada", "hall", 4).await;
            }
        }
    });
    while !writer.is_finished() {
        let page = scene.page("hall", Place::Newest, 3).await;
        let newest = page.messages.last().map_or(0, |message| message.seq);
        assert_eq!(page.room.last_seq, newest);
        let changes = changes(&scene, page.room.rev, 1_000).await;
        let highest = changes.messages.iter().map(|message| message.rev).max();
        assert_eq!(changes.room.rev, highest.unwrap_or(page.room.rev));
    }
    writer.await.unwrap();
}

/// A hall with ten messages.
async fn ten(scene: &Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    scene.chatter("ada", "attic", 3).await;
    scene.chatter("ada", "hall", 10).await;
}

fn up(from: Seq, to: Seq) -> Vec<Seq> {
    (from..=to).collect()
}

async fn seqs(scene: &Scene, place: Place, limit: i64) -> (Vec<Seq>, bool) {
    let page = scene.page("hall", place, limit).await;
    assert_eq!((page.room.last_seq, page.room.member_count), (10, 1));
    let seqs = page.messages.iter().map(|message| message.seq).collect();
    (seqs, page.has_more)
}

async fn changes(scene: &Scene, since: Rev, limit: i64) -> Changes {
    let changes = scene
        .store
        .changes(&room("hall"), since, limit)
        .await
        .unwrap();
    changes.expect("the room is there")
}

/// The floor, and each message's `seq` and `rev`.
async fn since(scene: &Scene, rev: Rev, limit: i64) -> (Rev, Vec<(Seq, Rev)>) {
    let changes = changes(scene, rev, limit).await;
    let messages = changes.messages.iter();
    (changes.floor, messages.map(|it| (it.seq, it.rev)).collect())
}
