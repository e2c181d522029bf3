//! Rooms: making them, finding them, and where their members stand.

use belfry::{
    domain::{
        id::RoomId,
        room::{Role, Visibility},
    },
    ports::store::{Entered, RoomQuery, RoomScope, Standpoint},
};
use futures_util::future::join_all;

use super::scene::{Scene, room, user};

super::stories!(
    a_deleted_room_is_gone_for_good,
    a_room_is_made_once,
    a_room_is_seen_with_its_askers_standing,
    rooms_are_listed_page_by_page,
    a_search_takes_every_character_for_itself,
    revisions_are_those_of_the_rooms_that_exist,
    a_list_tells_how_many_members_each_room_has,
);

async fn a_deleted_room_is_gone_for_good(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.chatter("ada", "hall", 1).await;

    scene.delete_room("hall").await;

    let hall = room("hall");
    assert_eq!(scene.try_join("ada", "hall", true).await, Entered::NoRoom);
    let anew = scene.new_room("ada", "hall", Visibility::Public);
    assert_eq!(scene.store.create_room(&anew).await.unwrap(), None);
    assert_eq!(scene.store.room(&hall, &user("ada")).await.unwrap(), None);
    assert_eq!(scene.store.changes(&hall, 0, 10).await.unwrap(), None);
    assert_eq!(scene.store.members(&hall, None, 9).await.unwrap(), []);
    let ada = user("ada");
    assert_eq!(scene.store.member(&hall, &ada, &ada).await.unwrap(), None);
    let among = scene.store.members_among(&hall, &[ada]).await.unwrap();
    assert!(among.is_empty());
    let named = scene.store.members_named(&hall, &["ada".into()]).await;
    assert!(named.unwrap().is_empty());
    let standpoint = Standpoint {
        room: hall.clone(),
        rev: 1,
        access_rev: 0,
        deleted: true,
    };
    assert_eq!(scene.store.revisions(&[hall]).await.unwrap(), [standpoint]);
    for scope in [RoomScope::Mine, RoomScope::Public] {
        assert!(list(&scene, query(scope, "ada")).await.is_empty());
    }
}

async fn a_room_is_made_once(scene: Scene) {
    scene.people(&["ada"]).await;
    let other = scene.another().await;
    let asked = scene.new_room("ada", "den", Visibility::Private);

    let made = join_all((0..16).map(|n| {
        let (store, asked) = ([&scene, &other][n % 2].store.clone(), asked.clone());
        tokio::spawn(async move { store.create_room(&asked).await.unwrap() })
    }));

    let made: Vec<_> = made.await.into_iter().filter_map(Result::unwrap).collect();
    assert_eq!(made.len(), 1);
    let view = &made[0];
    assert_eq!((&view.room.id, &view.room.name), (&asked.id, &asked.name));
    assert_eq!(
        (&view.room.topic, view.room.visibility),
        (&asked.topic, asked.visibility)
    );
    assert_eq!(
        (&view.room.created_by, view.room.created_at),
        (&asked.created_by, asked.at)
    );
    assert_eq!(view.standing.unwrap().role, Role::Owner);
    assert_eq!(scene.view("den", "ada").await, *view);
}

async fn a_room_is_seen_with_its_askers_standing(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.people(&["eve"]).await;
    scene.chatter("ada", "hall", 4).await;

    let eve = scene.view("hall", "eve").await;
    let ben = scene.view("hall", "ben").await;

    assert_eq!(eve.standing, None);
    assert_eq!(eve.room, ben.room);
    assert_eq!(
        (eve.room.rev, eve.room.last_seq, eve.room.member_count),
        (4, 4, 2)
    );
    assert_eq!(ben.standing.unwrap().unread, 4);
    let absent = scene
        .store
        .room(&room("absent"), &user("ada"))
        .await
        .unwrap();
    assert_eq!(absent, None);
}

async fn rooms_are_listed_page_by_page(scene: Scene) {
    // Byte order: capitals, then `_`, then small letters.
    for id in ["attic", "Zoo", "_lab", "cellar", "bath"] {
        scene.room(id, &["ada"]).await;
    }
    scene
        .room_that_is(Visibility::Private, "den", &["ada"])
        .await;
    scene.people(&["ben"]).await;
    scene.join("ben", "bath").await;
    scene.chatter("ada", "bath", 2).await;

    let mine = list(&scene, query(RoomScope::Mine, "ada")).await;
    let public = list(&scene, query(RoomScope::Public, "ben")).await;
    let first = RoomQuery {
        limit: 2,
        ..query(RoomScope::Public, "ben")
    };
    let second = RoomQuery {
        after: Some(room("_lab")),
        ..first.clone()
    };

    assert_eq!(mine, ["Zoo", "_lab", "attic", "bath", "cellar", "den"]);
    assert_eq!(public, ["Zoo", "_lab", "attic", "bath", "cellar"]);
    assert_eq!(list(&scene, query(RoomScope::Mine, "ben")).await, ["bath"]);
    assert_eq!(list(&scene, first).await, ["Zoo", "_lab"]);
    let views = scene.store.rooms(&second).await.unwrap();
    assert_eq!(views[0].room.id, room("attic"));
    assert_eq!(views[0].standing, None);
    assert_eq!(views[1].room.id, room("bath"));
    assert_eq!(views[1].standing.unwrap().unread, 2);
    assert_eq!(views[1], scene.view("bath", "ben").await);
}

async fn a_search_takes_every_character_for_itself(scene: Scene) {
    scene.people(&["ada"]).await;
    for (id, name) in [
        ("a", "100% Rust"),
        ("b", "100 days of Rust"),
        ("c_d", "snake"),
        ("cxd", "No snake"),
        ("e", "Ünïcode and back\\slash"),
        ("f", "it's \"quoted\""),
    ] {
        let mut asked = scene.new_room("ada", id, Visibility::Public);
        asked.name = name.into();
        scene.store.create_room(&asked).await.unwrap().unwrap();
    }
    let found = async |text: &str| {
        let query = RoomQuery {
            text: Some(text.into()),
            ..query(RoomScope::Public, "ada")
        };
        list(&scene, query).await
    };

    assert_eq!(found("100%").await, ["a"]);
    assert_eq!(found("RUST").await, ["a", "b"]);
    assert_eq!(found("c_d").await, ["c_d"]);
    assert_eq!(found("CXD").await, ["cxd"]);
    assert_eq!(found("snake").await, ["c_d", "cxd"]);
    assert_eq!(found("ünÏcode").await, ["e"]);
    assert_eq!(found("\\slash").await, ["e"]);
    assert_eq!(found("it's \"").await, ["f"]);
    assert_eq!(found("").await.len(), 6);
    assert!(found("_%").await.is_empty());
}

async fn revisions_are_those_of_the_rooms_that_exist(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    scene.chatter("ada", "hall", 3).await;
    scene
        .database
        .sql("UPDATE rooms SET access_rev = 7 WHERE id = 'attic'")
        .await;

    let asked = ["attic", "absent", "hall"].map(room);
    let mut standpoints = scene.store.revisions(&asked).await.unwrap();

    standpoints.sort_by(|a, b| a.room.cmp(&b.room));
    let of = |id, rev, access_rev| Standpoint {
        room: room(id),
        rev,
        access_rev,
        deleted: false,
    };
    assert_eq!(standpoints, [of("attic", 0, 7), of("hall", 3, 0)]);
}

async fn a_list_tells_how_many_members_each_room_has(scene: Scene) {
    scene.room("attic", &["ada"]).await;
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let den = scene.new_room("ben", "den", Visibility::Public);
    scene.store.create_room(&den).await.unwrap();
    scene.remove("cy", "hall").await;
    scene.join("ada", "hall").await;

    let views = scene
        .store
        .rooms(&query(RoomScope::Public, "ben"))
        .await
        .unwrap();

    let told: Vec<_> = views
        .iter()
        .map(|view| {
            (
                view.room.id.as_str(),
                view.room.member_count,
                view.standing.is_some(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [("attic", 1, false), ("den", 1, true), ("hall", 2, true)]
    );
}

fn query(scope: RoomScope, asker: &str) -> RoomQuery {
    RoomQuery {
        scope,
        asker: user(asker),
        text: None,
        after: None,
        limit: 100,
    }
}

async fn list(scene: &Scene, query: RoomQuery) -> Vec<String> {
    let views = scene.store.rooms(&query).await.unwrap();
    let ids: Vec<RoomId> = views.into_iter().map(|view| view.room.id).collect();
    ids.iter().map(RoomId::to_string).collect()
}
