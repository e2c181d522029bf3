//! Committing changes of a room itself, and its end.

use std::sync::Arc;

use belfry::{
    domain::{
        change::{Change, Outcome, Refusal, RoomChange, RoomDeletion, RoomUpdate},
        room::{Room, Visibility},
        timestamp::Timestamp,
    },
    ports::store::{Entered, RoomQuery, RoomScope},
};
use uuid::Uuid;

use super::{
    asking::{clap, edit, end, erase, open_or_close, react, rename, update},
    scene::{Scene, committed, finding, mentions, refused, room, text, user},
};

super::stories!(
    a_room_gets_another_name_and_topic,
    what_is_not_asked_for_stays,
    a_topic_is_taken_away,
    nothing_different_takes_no_rev,
    a_room_is_found_by_its_new_name,
    another_visibility_makes_the_access_revision_rise,
    a_change_is_made_whole_or_not_at_all,
    a_direct_room_stays_as_it_is,
    a_change_of_a_room_is_numbered_with_what_came_before_it,
    a_deleted_room_is_gone,
    the_same_deletion_again_is_told_the_same,
    nothing_happens_in_a_deleted_room,
    a_deletion_comes_after_what_was_asked_before_it,
);

async fn a_room_gets_another_name_and_topic(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 2).await;
    let before = scene.view("hall", "ada").await.room;
    let asked = RoomUpdate {
        name: Some("The 'Great' \"Hall\"".into()),
        topic: Some(Some("Ünïcode \\ %".into())),
        ..update("ada", "hall")
    };

    let outcome = scene.commit_one(Change::UpdateRoom(asked.clone())).await;

    let expected = Room {
        name: asked.name.unwrap(),
        topic: asked.topic.unwrap(),
        rev: 3,
        ..before
    };
    assert_eq!((expected.last_seq, expected.member_count), (2, 2));
    let told = RoomChange::Room(Arc::new(expected.clone()));
    assert_eq!(outcome, Outcome::Committed(told));
    assert_eq!(scene.view("hall", "ben").await.room, expected);
    let changes = scene
        .store
        .changes(&room("hall"), 2, 10)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changes.room_changed, &changes.room), (3, &expected));
    assert!(changes.messages.is_empty());
    scene.chatter("ada", "hall", 1).await;
    let changes = scene
        .store
        .changes(&room("hall"), 3, 10)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((changes.room_changed, changes.messages[0].rev), (3, 4));
}

async fn what_is_not_asked_for_stays(scene: Scene) {
    scene.people(&["ada"]).await;
    let asked = scene.new_room("ada", "den", Visibility::Private);
    scene.store.create_room(&asked).await.unwrap().unwrap();
    let before = scene.view("den", "ada").await.room;

    let renamed = updated(scene.commit_one(rename("ada", "den", "Lair")).await);
    assert_eq!((&*renamed.name, renamed.rev), ("Lair", 1));
    assert_eq!(
        (&renamed.topic, renamed.visibility, renamed.created_at),
        (&before.topic, Visibility::Private, before.created_at)
    );
    let opened = open_or_close("ada", "den", Visibility::Public);
    let opened = updated(scene.commit_one(opened).await);
    assert_eq!((&*opened.name, &opened.topic), ("Lair", &before.topic));
    assert_eq!((opened.visibility, opened.rev), (Visibility::Public, 2));
    assert_eq!(scene.view("den", "ada").await.room, *opened);
}

async fn a_topic_is_taken_away(scene: Scene) {
    scene.people(&["ada"]).await;
    let asked = scene.new_room("ada", "den", Visibility::Private);
    scene.store.create_room(&asked).await.unwrap().unwrap();
    let without = Change::UpdateRoom(RoomUpdate {
        topic: Some(None),
        ..update("ada", "den")
    });

    let told = updated(scene.commit_one(without.clone()).await);

    assert_eq!((&told.topic, &told.name), (&None, &asked.name));
    assert_eq!(scene.view("den", "ada").await.room, *told);
    assert_eq!(
        scene.commit_one(without).await,
        Outcome::Already(RoomChange::Room(told))
    );
}

async fn nothing_different_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let before = scene.view("hall", "ada").await.room;
    let access_rev = scene.access_rev("hall").await;
    let same = RoomUpdate {
        name: Some(before.name.clone()),
        topic: Some(before.topic.clone()),
        visibility: Some(before.visibility),
        ..update("ada", "hall")
    };
    for asked in [same, update("ada", "hall")] {
        let outcome = scene.commit_one(Change::UpdateRoom(asked)).await;
        let told = RoomChange::Room(Arc::new(before.clone()));
        assert_eq!(outcome, Outcome::Already(told));
    }
    assert_eq!(scene.view("hall", "ada").await.room, before);
    assert_eq!(scene.access_rev("hall").await, access_rev);
}

async fn a_room_is_found_by_its_new_name(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    committed_room(&scene, rename("ada", "hall", "ÉCOLE")).await;
    let found = async |words: &str| {
        let query = RoomQuery {
            scope: RoomScope::Public,
            asker: user("ada"),
            text: Some(words.into()),
            after: None,
            limit: 10,
        };
        scene.store.rooms(&query).await.unwrap().len()
    };
    assert_eq!(found("école").await, 1);
    assert_eq!(found("hall").await, 1, "its id");
    committed_room(&scene, rename("ada", "hall", "Salon")).await;
    assert_eq!((found("école").await, found("salon").await), (0, 1));
}

async fn another_visibility_makes_the_access_revision_rise(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.people(&["eve"]).await;
    let start = scene.access_rev("hall").await;
    committed_room(&scene, rename("ada", "hall", "Hall")).await;
    assert_eq!(scene.access_rev("hall").await, start);

    committed_room(&scene, open_or_close("ada", "hall", Visibility::Private)).await;

    assert_eq!(scene.access_rev("hall").await, start + 1);
    assert_eq!(scene.try_join("eve", "hall", true).await, Entered::NoRoom);
    committed_room(&scene, open_or_close("ada", "hall", Visibility::Public)).await;
    assert_eq!(scene.access_rev("hall").await, start + 2);
    scene.join("eve", "hall").await;
}

async fn a_change_is_made_whole_or_not_at_all(scene: Scene) {
    scene.room_of_roles(Visibility::Public, "hall").await;
    let before = scene.view("hall", "owner").await.room;
    let both = RoomUpdate {
        name: Some("Mine".into()),
        visibility: Some(Visibility::Private),
        ..update("moderator", "hall")
    };

    let outcome = scene.commit_one(Change::UpdateRoom(both.clone())).await;

    assert_eq!(refused(outcome), Refusal::Forbidden);
    assert_eq!(scene.view("hall", "owner").await.room, before);
    let by_owner = RoomUpdate {
        user_id: user("owner"),
        ..both
    };
    let told = updated(scene.commit_one(Change::UpdateRoom(by_owner)).await);
    assert_eq!(
        (&*told.name, told.visibility),
        ("Mine", Visibility::Private)
    );
}

async fn a_direct_room_stays_as_it_is(scene: Scene) {
    scene.room_of_roles(Visibility::Direct, "pair").await;
    let before = scene.view("pair", "owner").await.room;
    for change in [
        rename("owner", "pair", "Us"),
        open_or_close("owner", "pair", Visibility::Public),
        end("owner", "pair"),
    ] {
        assert_eq!(refused(scene.commit_one(change).await), Refusal::Forbidden);
    }
    let stranger = rename("stranger", "pair", "Them");
    assert_eq!(refused(scene.commit_one(stranger).await), Refusal::NoRoom);
    assert_eq!(scene.view("pair", "owner").await.room, before);
}

async fn a_change_of_a_room_is_numbered_with_what_came_before_it(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let batch = [
        react("ben", &hello, "👍"),
        Change::Send(text("ben", "hall", "well")),
        rename("ada", "hall", "Hall"),
        rename("ada", "attic", "attic"),
        Change::Send(text("ada", "attic", "cut off")),
    ];

    let outcomes = scene.commit(&batch[..4]).await;

    let hall = updated(outcomes[2].clone());
    assert_eq!(
        (committed(outcomes[1].clone()).rev, hall.rev, hall.last_seq),
        (3, 4, 2)
    );
    assert_eq!(scene.view("hall", "ada").await.room, *hall);
    assert!(matches!(&outcomes[3], Outcome::Already(RoomChange::Room(attic)) if attic.rev == 0));
}

async fn a_deleted_room_is_gone(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 2).await;
    let access_rev = scene.access_rev("hall").await;

    let outcome = scene.commit_one(end("ada", "hall")).await;

    assert_eq!(outcome, Outcome::Committed(closed("hall", 3)));
    let hall = room("hall");
    assert_eq!(scene.store.room(&hall, &user("ada")).await.unwrap(), None);
    assert_eq!(scene.store.changes(&hall, 0, 10).await.unwrap(), None);
    assert_eq!(scene.try_join("ben", "hall", true).await, Entered::NoRoom);
    let anew = scene.new_room("ada", "hall", Visibility::Public);
    assert_eq!(scene.store.create_room(&anew).await.unwrap(), None);
    // However the other part of the store tells of it, the access revision must not stand still.
    for standpoint in scene.store.revisions(&[hall]).await.unwrap() {
        assert_eq!((standpoint.rev, standpoint.access_rev), (3, access_rev + 1));
    }
}

async fn the_same_deletion_again_is_told_the_same(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.make("ben", "owner", "hall").await;
    scene.chatter("ada", "hall", 1).await;
    let asked = RoomDeletion {
        id: Uuid::now_v7(),
        room_id: room("hall"),
        user_id: user("ada"),
        at: Timestamp::now(),
    };
    let first = scene.commit_one(Change::DeleteRoom(asked.clone())).await;
    assert_eq!(first, Outcome::Committed(closed("hall", 2)));

    let again = scene.commit_one(Change::DeleteRoom(asked)).await;

    assert_eq!(again, Outcome::Already(closed("hall", 2)));
    for name in ["ada", "ben"] {
        let late = scene.commit_one(end(name, "hall")).await;
        assert_eq!(refused(late), Refusal::NoRoom);
    }
    assert_eq!(
        refused(scene.commit_one(end("ada", "nowhere")).await),
        Refusal::NoRoom
    );
}

async fn nothing_happens_in_a_deleted_room(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let sent = text("ada", "hall", "hello");
    let hello = scene.send(sent.clone()).await;
    scene.commit_one(end("ada", "hall")).await;

    for change in [
        edit("ada", &hello, "well"),
        erase("ada", &hello),
        react("ada", &hello, "👍"),
        clap(&hello, &[("ada", 1), ("ben", 1)]),
    ] {
        assert_eq!(refused(scene.commit_one(change).await), Refusal::NoMessage);
    }
    for change in [
        Change::Send(text("ada", "hall", "too late")),
        Change::Send(sent),
        rename("ada", "hall", "Ruin"),
    ] {
        assert_eq!(refused(scene.commit_one(change).await), Refusal::NoRoom);
    }
    let late = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;
    assert_eq!(late, Outcome::Unchanged);
    assert!(scene.store.rooms_of(&[hello.id]).await.unwrap().is_empty());
}

async fn a_deletion_comes_after_what_was_asked_before_it(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let batch = [
        Change::Send(text("ada", "hall", "goodbye")),
        edit("ada", &hello, "hello!"),
        end("ada", "hall"),
    ];

    let outcomes = scene.commit(&batch).await;

    let revs: Vec<_> = outcomes
        .iter()
        .map(|it| match it {
            Outcome::Committed(change) => change.rev(),
            other => panic!("not committed: {other:?}"),
        })
        .collect();
    assert_eq!(revs, [2, 3, 4]);
}

async fn committed_room(scene: &Scene, change: Change) {
    updated(scene.commit_one(change).await);
}

fn updated(outcome: Outcome) -> Arc<Room> {
    match outcome {
        Outcome::Committed(RoomChange::Room(room)) => room,
        other => panic!("not told as a change of the room: {other:?}"),
    }
}

fn closed(id: &str, rev: i64) -> RoomChange {
    RoomChange::Closed {
        room_id: room(id),
        rev,
    }
}
