//! Coming into a room.

use belfry::{
    domain::{
        room::{Role, Visibility},
        timestamp::Timestamp,
    },
    ports::store::{Entered, Entry, MemberChange},
};
use futures_util::future::join_all;

use super::{
    members::premises,
    scene::{Scene, room, text, user},
};

super::stories!(
    joining_makes_a_room_where_there_is_none,
    joining_without_leave_to_make_rooms_finds_none,
    joining_again_changes_nothing,
    a_private_room_lets_in_its_members_alone,
    entries_are_answered_in_order,
    one_room_is_made_however_many_join_at_once,
    a_crowd_comes_in_with_one_call,
    a_new_member_has_read_everything,
    coming_and_going_takes_no_rev,
    members_are_counted_however_many_come_and_go_at_once,
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

async fn members_are_counted_however_many_come_and_go_at_once(scene: Scene) {
    let rooms = ["attic", "bath", "den", "hall"];
    let names: Vec<_> = (0..16).map(|n| format!("u-{n}")).collect();
    scene.people(&["owner"]).await;
    scene
        .people(&names.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
    for id in rooms {
        scene.join("owner", id).await;
    }
    let other = scene.another().await;

    let crowd = join_all((0..12_usize).map(|n| {
        let (scene, names) = ([&scene, &other][n % 2].clone(), names.clone());
        tokio::spawn(async move {
            for round in 0..10 {
                let start = n * 3 + round * 5;
                let mut entries: Vec<_> = (0..8)
                    .map(|step| Entry {
                        room: room(rooms[(start + step * 3) % 4]),
                        user: user(&names[(start + step) % 16]),
                        create: true,
                        at: Timestamp::now(),
                    })
                    .collect();
                if n % 3 == 0 {
                    entries.reverse();
                }
                for entered in scene.store.join(&entries).await.unwrap() {
                    assert_ne!(entered, Entered::NoRoom);
                }
                let (id, name) = (rooms[start % 4], &names[(start * 7) % 16]);
                let premises = premises(&scene, id, "owner", name).await;
                if premises.subject_role.is_some() {
                    // Done, or somebody else was faster.
                    let change = scene.store.remove_member(&premises).await.unwrap();
                    assert_ne!(change, MemberChange::LastOwner);
                }
            }
        })
    }));

    crowd.await.into_iter().for_each(Result::unwrap);
    for id in rooms {
        let members = scene.store.members(&room(id), None, 100).await.unwrap();
        let told = scene.view(id, "owner").await.room.member_count;
        assert_eq!(told, members.len() as i64, "{id}");
    }
}
