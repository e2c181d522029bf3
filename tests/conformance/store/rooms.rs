//! Rooms: making them, finding them, coming in, and where somebody stands.

use std::collections::HashSet;

use belfry::{
    domain::{
        id::RoomId,
        room::{Role, Visibility},
        timestamp::Timestamp,
    },
    ports::store::{Entered, Entry, RoomQuery, RoomScope, Standpoint},
};
use futures_util::future::join_all;

use super::scene::{Scene, room, text, user};

super::stories!(
    joining_makes_a_room_where_there_is_none,
    joining_without_leave_to_make_rooms_finds_none,
    joining_again_changes_nothing,
    a_private_room_lets_in_its_members_alone,
    a_deleted_room_is_gone_for_good,
    entries_are_answered_in_order,
    one_room_is_made_however_many_join_at_once,
    a_crowd_comes_in_with_one_call,
    a_new_member_has_read_everything,
    coming_and_going_takes_no_rev,
    a_room_is_made_once,
    a_room_is_seen_with_its_askers_standing,
    rooms_are_listed_page_by_page,
    a_search_takes_every_character_for_itself,
    revisions_are_those_of_the_rooms_that_exist,
    members_are_found_by_name,
);

async fn joining_makes_a_room_where_there_is_none(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let before = Timestamp::now();

    let ada = scene.join("ada", "hall").await;
    let ben = scene.join("ben", "hall").await;

    assert_eq!(ada.room.id, room("hall"));
    assert_eq!(ada.room.name, "hall");
    assert_eq!(ada.room.topic, None);
    assert_eq!(ada.room.visibility, Visibility::Public);
    assert_eq!(ada.room.created_by, user("ada"));
    assert!(ada.room.created_at >= before);
    assert_eq!(
        (ada.room.rev, ada.room.last_seq, ada.room.member_count),
        (0, 0, 1)
    );
    assert_eq!(ada.standing.unwrap().role, Role::Owner);
    assert_eq!(ben.room.member_count, 2);
    assert_eq!(ben.standing.unwrap().role, Role::Member);
    assert_eq!(scene.view("hall", "ben").await, ben);
}

async fn joining_without_leave_to_make_rooms_finds_none(scene: Scene) {
    scene.people(&["ada"]).await;
    assert_eq!(scene.try_join("ada", "hall", false).await, Entered::NoRoom);
    let hall = scene.store.room(&room("hall"), &user("ada")).await.unwrap();
    assert_eq!(hall, None);
}

async fn joining_again_changes_nothing(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 3).await;
    let before = scene.view("hall", "ben").await;
    assert_eq!(before.standing.unwrap().unread, 3);

    let again = scene.join("ben", "hall").await;

    assert_eq!(again, before);
    assert_eq!(
        scene.join("ada", "hall").await.standing.unwrap().role,
        Role::Owner
    );
}

async fn a_private_room_lets_in_its_members_alone(scene: Scene) {
    scene.people(&["eve"]).await;
    for visibility in [Visibility::Private, Visibility::Direct] {
        let id = visibility.as_str();
        scene.room_that_is(visibility, id, &["ada", "ben"]).await;
        assert_eq!(scene.try_join("eve", id, true).await, Entered::NoRoom);
        let ben = scene.join("ben", id).await;
        assert_eq!(
            (ben.room.visibility, ben.room.member_count),
            (visibility, 2)
        );
    }
}

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
    assert!(scene.store.revisions(&[hall]).await.unwrap().is_empty());
    for scope in [RoomScope::Mine, RoomScope::Public] {
        assert!(list(&scene, query(scope, "ada")).await.is_empty());
    }
}

async fn entries_are_answered_in_order(scene: Scene) {
    scene
        .room_that_is(Visibility::Private, "closed", &["ada"])
        .await;
    scene.room("hall", &["ada"]).await;
    scene.people(&["ben"]).await;
    let entry = |name: &str, id: &str, create| Entry {
        room: room(id),
        user: user(name),
        create,
        at: Timestamp::now(),
    };

    let entries = [
        entry("ben", "new", true),
        entry("ben", "closed", true),
        entry("ada", "new", true),
        entry("ben", "hall", false),
        entry("ben", "absent", false),
        entry("ada", "closed", false),
        entry("ben", "hall", true),
    ];

    let entered = scene.store.join(&entries).await.unwrap();

    let told = entered.into_iter().map(|it| match it {
        Entered::Member(view) => {
            let role = view.standing.unwrap().role;
            format!(
                "{} {} of {}",
                view.room.id,
                role.as_str(),
                view.room.member_count
            )
        }
        Entered::NoRoom => "no room".into(),
    });
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [
            "new owner of 2",
            "no room",
            "new member of 2",
            "hall member of 2",
            "no room",
            "closed owner of 1",
            "hall member of 2",
        ]
    );
    assert!(scene.store.join(&[]).await.unwrap().is_empty());
}

async fn one_room_is_made_however_many_join_at_once(scene: Scene) {
    let names: Vec<_> = (0..32).map(|n| format!("u-{n}")).collect();
    scene
        .people(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let other = scene.another().await;

    let views = join_all(names.into_iter().enumerate().map(|(n, name)| {
        let scene = [&scene, &other][n % 2].clone();
        tokio::spawn(async move { scene.join(&name, "hall").await })
    }));

    let views: Vec<_> = views.await.into_iter().map(Result::unwrap).collect();
    let owners = views
        .iter()
        .filter(|view| view.standing.unwrap().role == Role::Owner);
    let owners: Vec<_> = owners.collect();
    assert_eq!(owners.len(), 1);
    let (room, standing) = (&owners[0].room, owners[0].standing.unwrap());
    assert_eq!(
        scene.view("hall", room.created_by.as_str()).await.standing,
        Some(standing)
    );
    assert_eq!(scene.view("hall", "u-0").await.room.member_count, 32);
}

async fn a_crowd_comes_in_with_one_call(scene: Scene) {
    let names: Vec<_> = (0..300).map(|n| format!("u-{n}")).collect();
    scene
        .people(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    let entries: Vec<_> = names
        .iter()
        .map(|name| Entry {
            room: room("hall"),
            user: user(name),
            create: true,
            at: Timestamp::now(),
        })
        .collect();

    let entered = scene.store.join(&entries).await.unwrap();

    for (n, entered) in entered.into_iter().enumerate() {
        let Entered::Member(view) = entered else {
            panic!("{n} was not let in")
        };
        let role = if n == 0 { Role::Owner } else { Role::Member };
        assert_eq!(
            (view.standing.unwrap().role, view.room.member_count),
            (role, 300)
        );
    }
}

async fn a_new_member_has_read_everything(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.people(&["ben"]).await;
    scene.chatter("ada", "hall", 5).await;

    let ben = scene.join("ben", "hall").await.standing.unwrap();
    assert_eq!(
        (ben.last_read_seq, ben.unread, ben.unread_mentions),
        (5, 0, 0)
    );

    scene.chatter("ada", "hall", 2).await;
    let ben = scene.standing("hall", "ben").await;
    assert_eq!((ben.last_read_seq, ben.unread), (5, 2));
}

async fn coming_and_going_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.people(&["ben", "cy"]).await;
    scene.send(text("ada", "hall", "hello")).await;
    scene.join("ben", "hall").await;
    let view = scene.join("cy", "hall").await;
    assert_eq!(
        (view.room.rev, view.room.last_seq, view.room.member_count),
        (1, 1, 3)
    );
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
    };
    assert_eq!(standpoints, [of("attic", 0, 7), of("hall", 3, 0)]);
}

async fn members_are_found_by_name(scene: Scene) {
    scene.room("hall", &["Ada", "Ágnes", "ben"]).await;
    scene.people(&["cy"]).await;
    let names = ["ada", "ágnes", "cy", "nobody", "100%"].map(String::from);

    let found = scene
        .store
        .members_named(&room("hall"), &names)
        .await
        .unwrap();

    let found: HashSet<_> = found
        .iter()
        .map(|account| account.username.to_string())
        .collect();
    assert_eq!(found, HashSet::from(["Ada".into(), "Ágnes".into()]));
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
