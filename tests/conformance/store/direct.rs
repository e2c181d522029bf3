//! Direct rooms: one for two users, whoever asks and however often.

use std::collections::HashSet;

use belfry::{
    domain::room::{Role, RoomView, Visibility},
    ports::{
        BackendError,
        store::{Entered, NewRoom, RoomQuery, RoomScope},
    },
};
use futures_util::future::join_all;

use super::scene::{Scene, room, user};

super::stories!(
    two_people_have_one_room,
    a_direct_room_is_made_once_however_many_ask_at_once,
    people_of_different_pairs_have_different_rooms,
    there_is_no_room_with_nobody,
    somebody_may_talk_to_themselves,
    a_direct_room_takes_no_other_rooms_id,
    a_direct_room_is_found_by_its_two_alone,
);

async fn two_people_have_one_room(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let asked = wish(&scene, "ada", "d-1");

    let made = scene.store.direct_room(&asked, &user("ben")).await;

    let made = made.unwrap().expect("both are there");
    assert_eq!((&made.room.id, &made.room.name), (&asked.id, &asked.name));
    assert_eq!(made.room.visibility, Visibility::Direct);
    assert_eq!((made.room.created_at, made.room.rev), (asked.at, 0));
    assert_eq!(made.room.member_count, 2);
    let standing = made.standing.expect("a member");
    assert_eq!(
        (standing.role, standing.last_read_seq, standing.unread),
        (Role::Member, 0, 0)
    );
    assert_eq!(scene.standing("d-1", "ben").await, standing);

    scene.chatter("ada", "d-1", 2).await;
    let bens = scene
        .store
        .direct_room(&wish(&scene, "ben", "d-2"), &user("ada"))
        .await;
    let bens = bens.unwrap().expect("the same room");
    assert_eq!(bens, scene.view("d-1", "ben").await);
    assert_eq!(bens.standing.unwrap().unread, 2);
    let unused = scene.store.room(&room("d-2"), &user("ben")).await;
    assert_eq!(unused.unwrap(), None);
}

async fn a_direct_room_is_made_once_however_many_ask_at_once(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let other = scene.another().await;

    let found = join_all((0..32).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let (asker, subject) = [("ada", "ben"), ("ben", "ada")][n / 2 % 2];
        let wish = wish(&scene, asker, &format!("d-{n}"));
        tokio::spawn(async move { scene.store.direct_room(&wish, &user(subject)).await })
    }));

    let found = found.await.into_iter().map(|it| it.unwrap().unwrap());
    let found: Vec<RoomView> = found.map(|view| view.expect("both are there")).collect();
    let ids: HashSet<_> = found.iter().map(|view| &view.room.id).collect();
    assert_eq!(ids.len(), 1);
    assert!(found.iter().all(|view| view.room.member_count == 2));
    assert!(found.iter().all(|view| view.standing.is_some()));
    assert_eq!(mine(&scene, "ada").await.len(), 1);
}

async fn people_of_different_pairs_have_different_rooms(scene: Scene) {
    // Ids that come to the same when they are written one after the other, whatever stands between them.
    let pairs = [
        ("a", "b,c"),
        ("a,b", "c"),
        ("a\",\"b", "c"),
        ("a", "b\",\"c"),
        ("a", "c"),
    ];
    let mut ids = HashSet::new();
    for (n, (one, two)) in pairs.into_iter().enumerate() {
        scene.people(&[one, two]).await;
        let wish = wish(&scene, one, &format!("d-{n}"));
        let view = scene.store.direct_room(&wish, &user(two)).await.unwrap();
        ids.insert(view.expect("both are there").room.id);
    }
    assert_eq!(ids.len(), pairs.len());
}

async fn there_is_no_room_with_nobody(scene: Scene) {
    scene.people(&["ada"]).await;
    let wish = wish(&scene, "ada", "d-1");
    let found = scene.store.direct_room(&wish, &user("nobody")).await;
    assert_eq!(found.unwrap(), None);
    assert!(mine(&scene, "ada").await.is_empty());
}

async fn somebody_may_talk_to_themselves(scene: Scene) {
    scene.people(&["ada"]).await;
    for id in ["d-1", "d-2"] {
        let wish = wish(&scene, "ada", id);
        let found = scene.store.direct_room(&wish, &user("ada")).await;
        let view = found.unwrap().expect("she is there");
        assert_eq!((view.room.id, view.room.member_count), (room("d-1"), 1));
    }
}

async fn a_direct_room_takes_no_other_rooms_id(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let before = scene.view("hall", "ada").await;
    let found = scene
        .store
        .direct_room(&wish(&scene, "ada", "hall"), &user("ben"))
        .await;
    assert!(
        matches!(found, Err(BackendError::Fault { .. })),
        "{found:?}"
    );
    assert_eq!(scene.view("hall", "ada").await, before);
}

async fn a_direct_room_is_found_by_its_two_alone(scene: Scene) {
    scene.people(&["ada", "ben", "eve"]).await;
    let wish = wish(&scene, "ada", "d-1");
    scene.store.direct_room(&wish, &user("ben")).await.unwrap();

    assert_eq!(mine(&scene, "ada").await, ["d-1"]);
    assert_eq!(mine(&scene, "ben").await, ["d-1"]);
    assert!(mine(&scene, "eve").await.is_empty());
    let public = list(&scene, "ada", RoomScope::Public).await;
    assert!(public.is_empty());
    assert_eq!(scene.try_join("eve", "d-1", true).await, Entered::NoRoom);
    assert_eq!(scene.join("ben", "d-1").await.room.member_count, 2);
}

/// What the asker wants to have made, should there be no room yet.
fn wish(scene: &Scene, asker: &str, id: &str) -> NewRoom {
    NewRoom {
        topic: None,
        ..scene.new_room(asker, id, Visibility::Direct)
    }
}

async fn mine(scene: &Scene, asker: &str) -> Vec<String> {
    list(scene, asker, RoomScope::Mine).await
}

async fn list(scene: &Scene, asker: &str, scope: RoomScope) -> Vec<String> {
    let query = RoomQuery {
        scope,
        asker: user(asker),
        text: None,
        after: None,
        limit: 100,
    };
    let views = scene.store.rooms(&query).await.unwrap();
    views.iter().map(|view| view.room.id.to_string()).collect()
}
