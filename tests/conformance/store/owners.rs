//! Owners: a room with members is never left without one, however many go at once; and what waits for what.

use belfry::{
    domain::{
        room::{Role, Visibility},
        timestamp::Timestamp,
    },
    ports::store::MemberChange,
};
use sqlx::{Connection, PgConnection};

use super::{
    members::{done, premises, remove, set_role},
    scene::{Scene, room},
};
use crate::support::databases::{Backend, with_database_of};

super::stories!(
    the_last_owner_does_not_leave_others_behind,
    of_two_owners_who_leave_at_once_one_stays,
    nobody_is_added_behind_an_owner_who_leaves,
);

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
