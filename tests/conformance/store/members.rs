//! Members: who they are, and changes of a membership while it is what it was taken for.

use std::collections::HashSet;

use belfry::{
    domain::{
        room::{Member, Role, Visibility},
        timestamp::Timestamp,
    },
    ports::store::{MemberChange, Premises},
};
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};

use super::scene::{Scene, room, text, user};
use crate::support::databases::{Backend, with_database_of};

super::stories!(
    a_room_and_somebodys_role_are_seen_together,
    members_are_listed_page_by_page,
    members_are_told_from_others,
    members_are_found_by_name,
    somebody_added_has_read_everything,
    nobody_is_added_twice_nor_made_up,
    a_member_is_given_another_role,
    a_member_who_is_removed_is_gone,
    somebody_kicked_may_come_back_to_a_public_room,
    nothing_is_changed_on_premises_that_moved,
    the_last_owner_does_not_leave_others_behind,
    of_two_owners_who_leave_at_once_one_stays,
    nobody_is_added_behind_an_owner_who_leaves,
    members_come_and_change_without_a_rev,
);

async fn a_room_and_somebodys_role_are_seen_together(scene: Scene) {
    scene
        .room_that_is(Visibility::Private, "den", &["ada", "ben"])
        .await;
    scene.people(&["eve"]).await;
    scene.chatter("ada", "den", 2).await;
    let den = room("den");
    let member = async |asker, subject| {
        let seen = scene.store.member(&den, &user(asker), &user(subject)).await;
        seen.unwrap().expect("the room is there")
    };

    assert_eq!(
        member("ben", "ada").await,
        (scene.view("den", "ben").await, Some(Role::Owner))
    );
    assert_eq!(
        member("ada", "eve").await,
        (scene.view("den", "ada").await, None)
    );
    let (view, role) = member("eve", "ben").await;
    assert_eq!((view.standing, role), (None, Some(Role::Member)));
    assert_eq!(member("ben", "ben").await.1, Some(Role::Member));
    let (absent, ada) = (room("absent"), user("ada"));
    let nowhere = scene.store.member(&absent, &ada, &ada).await;
    assert_eq!(nowhere.unwrap(), None);
}

async fn members_are_listed_page_by_page(scene: Scene) {
    // Byte order.
    scene.room("hall", &["ada", "Zoe", "_x", "ágnes"]).await;
    scene.room("attic", &["eve"]).await;
    set_role(&scene, "hall", "ada", "_x", Role::Moderator).await;
    let page = async |after: Option<&str>, limit| {
        let after = after.map(user);
        let hall = room("hall");
        let members = scene.store.members(&hall, after.as_ref(), limit).await;
        names(&members.unwrap())
    };

    assert_eq!(
        page(None, 9).await,
        [
            "Zoe, a member",
            "_x, a moderator",
            "ada, a owner",
            "ágnes, a member"
        ]
    );
    assert_eq!(page(None, 1).await, ["Zoe, a member"]);
    assert_eq!(
        page(Some("Zoe"), 2).await,
        ["_x, a moderator", "ada, a owner"]
    );
    assert!(page(Some("ágnes"), 2).await.is_empty());
    assert!(page(None, 0).await.is_empty());
    let nowhere = scene.store.members(&room("absent"), None, 9).await;
    assert!(nowhere.unwrap().is_empty());
}

async fn members_are_told_from_others(scene: Scene) {
    scene.room("hall", &["ada", "ben", "it's \"me\""]).await;
    scene.people(&["eve"]).await;
    let asked = ["ben", "eve", "nobody", "it's \"me\""].map(user);
    let among = async |id| {
        let found = scene.store.members_among(&room(id), &asked).await;
        found.unwrap().into_iter().collect::<HashSet<_>>()
    };
    assert_eq!(
        among("hall").await,
        HashSet::from(["ben", "it's \"me\""].map(user))
    );
    assert!(among("absent").await.is_empty());
    let none = scene.store.members_among(&room("hall"), &[]).await;
    assert!(none.unwrap().is_empty());
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

async fn somebody_added_has_read_everything(scene: Scene) {
    scene
        .room_that_is(Visibility::Private, "den", &["ada"])
        .await;
    scene.people(&["ben"]).await;
    scene.chatter("ada", "den", 3).await;
    let at = Timestamp::from_millis(1_700_000_000_123);

    let premises = premises(&scene, "den", "ada", "ben").await;
    let added = scene
        .store
        .add_member(&premises, Role::Moderator, at)
        .await
        .unwrap();

    let member = done(added);
    assert_eq!(
        (&*member.account.username, member.role, member.joined_at),
        ("ben", Role::Moderator, at)
    );
    let ben = scene.view("den", "ben").await;
    assert_eq!(ben.room.member_count, 2);
    let standing = ben.standing.unwrap();
    assert_eq!(
        (standing.role, standing.last_read_seq, standing.unread),
        (Role::Moderator, 3, 0)
    );
    assert_eq!(
        scene.store.members(&room("den"), None, 9).await.unwrap()[1],
        member
    );
}

async fn nobody_is_added_twice_nor_made_up(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.people(&["ben"]).await;
    let ben = premises(&scene, "hall", "ada", "ben").await;
    let ghost = premises(&scene, "hall", "ada", "ghost").await;
    let other = scene.another().await;

    let added = join_all((0..16).map(|n| {
        let (store, ben) = ([&scene, &other][n % 2].store.clone(), ben.clone());
        tokio::spawn(async move { store.add_member(&ben, Role::Member, Timestamp::now()).await })
    }));

    let added = added.await.into_iter().map(|it| it.unwrap().unwrap());
    let (made, rest): (Vec<_>, Vec<_>) =
        added.partition(|change| matches!(change, MemberChange::Done(_)));
    assert_eq!(made.len(), 1);
    assert!(rest.iter().all(|change| *change == MemberChange::Moved));
    assert_eq!(scene.view("hall", "ben").await.room.member_count, 2);
    let now = Timestamp::now();
    let made_up = scene.store.add_member(&ghost, Role::Member, now).await;
    assert_eq!(made_up.unwrap(), MemberChange::NoUser);
}

async fn a_member_is_given_another_role(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 2).await;
    let before = scene.store.members(&room("hall"), None, 9).await.unwrap();

    let given = set_role(&scene, "hall", "ada", "ben", Role::Owner).await;

    let member = done(given);
    assert_eq!(member.role, Role::Owner);
    assert_eq!(member.joined_at, before[1].joined_at);
    let standing = scene.standing("hall", "ben").await;
    assert_eq!((standing.role, standing.unread), (Role::Owner, 2));
    // The same once more is done as well.
    done(set_role(&scene, "hall", "ada", "ben", Role::Owner).await);
    // The first owner is not needed any more.
    done(set_role(&scene, "hall", "ben", "ada", Role::Member).await);
    assert_eq!(scene.standing("hall", "ada").await.role, Role::Member);
    assert_eq!(access_rev(&scene, "hall").await, 0);
}

async fn a_member_who_is_removed_is_gone(scene: Scene) {
    scene
        .room_that_is(Visibility::Private, "den", &["ada", "ben", "cy"])
        .await;

    let removed = remove(&scene, "den", "ada", "ben").await;

    let member = done(removed);
    assert_eq!(
        (&*member.account.username, member.role),
        ("ben", Role::Member)
    );
    let ben = scene.view("den", "ben").await;
    assert_eq!((ben.standing, ben.room.member_count), (None, 2));
    assert_eq!(access_rev(&scene, "den").await, 1);
    assert_eq!(
        scene.try_join("ben", "den", true).await,
        belfry::ports::store::Entered::NoRoom
    );
    assert_eq!(
        remove(&scene, "den", "ada", "ben").await,
        MemberChange::Moved
    );
    // Leaving is removing oneself.
    done(remove(&scene, "den", "cy", "cy").await);
    assert_eq!(access_rev(&scene, "den").await, 2);
}

async fn somebody_kicked_may_come_back_to_a_public_room(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 2).await;
    set_role(&scene, "hall", "ada", "ben", Role::Moderator).await;
    done(remove(&scene, "hall", "ada", "ben").await);
    scene.chatter("ada", "hall", 1).await;

    let back = scene.join("ben", "hall").await;

    let standing = back.standing.unwrap();
    assert_eq!(
        (standing.role, standing.last_read_seq, standing.unread),
        (Role::Member, 3, 0)
    );
    assert_eq!(back.room.member_count, 2);
}

async fn nothing_is_changed_on_premises_that_moved(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    scene.people(&["dora"]).await;
    let before = scene.store.members(&room("hall"), None, 9).await.unwrap();
    let about_ben = premises(&scene, "hall", "ada", "ben").await;
    let about_dora = premises(&scene, "hall", "ada", "dora").await;
    let others = |it: &Premises| {
        [
            Premises {
                room: room("absent"),
                ..it.clone()
            },
            Premises {
                visibility: Visibility::Private,
                ..it.clone()
            },
            Premises {
                actor: user("dora"),
                ..it.clone()
            },
            Premises {
                actor_role: Role::Moderator,
                ..it.clone()
            },
            Premises {
                subject_role: Some(Role::Moderator),
                ..it.clone()
            },
        ]
    };
    let (store, at) = (&scene.store, Timestamp::now());

    for premises in others(&about_ben).iter().chain([&about_dora]) {
        let change = store.set_role(premises, Role::Moderator).await.unwrap();
        assert_eq!(change, MemberChange::Moved, "{premises:?}");
        let change = store.remove_member(premises).await.unwrap();
        assert_eq!(change, MemberChange::Moved, "{premises:?}");
    }
    for premises in others(&about_dora).iter().chain([&about_ben]) {
        let change = store.add_member(premises, Role::Member, at).await.unwrap();
        assert_eq!(change, MemberChange::Moved, "{premises:?}");
    }

    assert_eq!(store.members(&room("hall"), None, 9).await.unwrap(), before);
    assert_eq!(access_rev(&scene, "hall").await, 0);
    scene.delete_room("hall").await;
    for change in [
        store.set_role(&about_ben, Role::Owner).await,
        store.remove_member(&about_ben).await,
        store.add_member(&about_dora, Role::Member, at).await,
    ] {
        assert_eq!(change.unwrap(), MemberChange::Moved);
    }
}

async fn the_last_owner_does_not_leave_others_behind(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let last = MemberChange::LastOwner;

    assert_eq!(remove(&scene, "hall", "ada", "ada").await, last);
    assert_eq!(
        set_role(&scene, "hall", "ada", "ada", Role::Member).await,
        last
    );
    done(remove(&scene, "hall", "ada", "ben").await);
    // Alone, she may go, but not stay in a room that nobody owns.
    assert_eq!(
        set_role(&scene, "hall", "ada", "ada", Role::Moderator).await,
        last
    );
    done(remove(&scene, "hall", "ada", "ada").await);
    assert_eq!(scene.view("hall", "ada").await.room.member_count, 0);
}

async fn of_two_owners_who_leave_at_once_one_stays(scene: Scene) {
    let other = scene.another().await;
    for round in 0..12 {
        let id = format!("hall-{round}");
        scene.room(&id, &["ada", "ben", "cy"]).await;
        done(set_role(&scene, &id, "ada", "ben", Role::Owner).await);
        let ada = premises(&scene, &id, "ada", "ada").await;
        let ben = premises(&scene, &id, "ben", "ben").await;

        let (ada, ben) = match round % 3 {
            0 => tokio::join!(
                scene.store.remove_member(&ada),
                other.store.remove_member(&ben)
            ),
            1 => tokio::join!(
                scene.store.set_role(&ada, Role::Member),
                other.store.remove_member(&ben)
            ),
            _ => tokio::join!(
                scene.store.set_role(&ada, Role::Moderator),
                other.store.set_role(&ben, Role::Member)
            ),
        };

        let last = |change: &MemberChange| *change == MemberChange::LastOwner;
        let (ada, ben) = (ada.unwrap(), ben.unwrap());
        assert!(last(&ada) != last(&ben), "{ada:?}, {ben:?}");
        let members = scene.store.members(&room(&id), None, 9).await.unwrap();
        let owners = members.iter().filter(|it| it.role == Role::Owner);
        assert_eq!(owners.count(), 1);
    }
}

async fn nobody_is_added_behind_an_owner_who_leaves(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let other = scene.another().await;
    for round in 0..24 {
        let id = format!("den-{round}");
        let den = scene.new_room("ada", &id, Visibility::Private);
        scene.store.create_room(&den).await.unwrap();
        let leave = premises(&scene, &id, "ada", "ada").await;
        let add = premises(&scene, &id, "ada", "ben").await;

        let (left, added) = tokio::join!(
            scene.store.remove_member(&leave),
            other.store.add_member(&add, Role::Member, Timestamp::now())
        );

        match (left.unwrap(), added.unwrap()) {
            (MemberChange::Done(_), MemberChange::Moved)
            | (MemberChange::LastOwner, MemberChange::Done(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

async fn members_come_and_change_without_a_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.people(&["cy"]).await;
    scene.send(text("ada", "hall", "hello")).await;
    let premises = premises(&scene, "hall", "ada", "cy").await;
    let now = Timestamp::now();
    done(
        scene
            .store
            .add_member(&premises, Role::Member, now)
            .await
            .unwrap(),
    );
    done(set_role(&scene, "hall", "ada", "cy", Role::Owner).await);
    done(remove(&scene, "hall", "ada", "ben").await);
    let view = scene.view("hall", "ada").await.room;
    assert_eq!((view.rev, view.last_seq, view.member_count), (1, 1, 2));
}

/// Commits hold the row of a room; coming into it does not wait for that. A removal does, but not for ever.
#[tokio::test]
async fn only_a_removal_waits_for_the_room() {
    with_database_of(Backend::Postgres, async |database| {
        let scene = Scene {
            store: database.open().await,
            database: database.clone(),
        };
        scene.room("hall", &["ada", "ben"]).await;
        scene.people(&["cy", "dora"]).await;
        let about_ben = premises(&scene, "hall", "ada", "ben").await;
        let about_cy = premises(&scene, "hall", "ada", "cy").await;
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let mut lock = other.begin().await.unwrap();
        let take = sqlx::query("SELECT FROM rooms FOR NO KEY UPDATE");
        take.execute(&mut *lock).await.unwrap();

        let now = Timestamp::now();
        done(
            scene
                .store
                .add_member(&about_cy, Role::Member, now)
                .await
                .unwrap(),
        );
        scene.join("dora", "hall").await;
        scene.store.remove_member(&about_ben).await.unwrap_err();
        lock.rollback().await.unwrap();
        done(scene.store.remove_member(&about_ben).await.unwrap());

        other.close().await.unwrap();
        scene.store.close().await;
    })
    .await;
}

/// The state of things that somebody judges by before changing a membership.
pub async fn premises(scene: &Scene, id: &str, actor: &str, subject: &str) -> Premises {
    let (view, subject_role) = scene
        .store
        .member(&room(id), &user(actor), &user(subject))
        .await
        .unwrap()
        .expect("the room is there");
    Premises {
        room: room(id),
        visibility: view.room.visibility,
        actor: user(actor),
        actor_role: view.standing.expect("a member").role,
        subject: user(subject),
        subject_role,
    }
}

async fn set_role(scene: &Scene, id: &str, actor: &str, subject: &str, role: Role) -> MemberChange {
    let premises = premises(scene, id, actor, subject).await;
    scene.store.set_role(&premises, role).await.unwrap()
}

async fn remove(scene: &Scene, id: &str, actor: &str, subject: &str) -> MemberChange {
    let premises = premises(scene, id, actor, subject).await;
    scene.store.remove_member(&premises).await.unwrap()
}

fn done(change: MemberChange) -> Member {
    match change {
        MemberChange::Done(member) => member,
        other => panic!("not done: {other:?}"),
    }
}

fn names(members: &[Member]) -> Vec<String> {
    let told = |it: &Member| format!("{}, a {}", it.account.username, it.role.as_str());
    members.iter().map(told).collect()
}

async fn access_rev(scene: &Scene, id: &str) -> i64 {
    let standpoints = scene.store.revisions(&[room(id)]).await.unwrap();
    standpoints[0].access_rev
}
