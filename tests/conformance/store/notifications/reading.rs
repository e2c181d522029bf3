//! Notifications as their user finds them: listed, unread, read in two ways, and forgotten.

use belfry::{
    domain::{id::NotificationId, notification::NotificationKind, timestamp::Timestamp},
    ports::store::{About, COUNTED_MAX, NewNotification, NotificationPage, NotificationsRead},
};
use futures_util::future::join_all;
use uuid::Uuid;

use super::{
    super::scene::{Scene, room, text, user},
    about, custom, new,
};

super::super::stories!(
    they_are_listed_page_by_page,
    reading_is_for_all_devices_and_only_moves_forward,
    a_mark_never_goes_beyond_the_newest,
    reading_a_room_reads_what_it_notified_of,
    what_is_of_a_room_that_one_is_not_in_is_not_unread,
    unread_ones_are_counted_up_to_a_bound,
    old_ones_are_forgotten,
);

async fn they_are_listed_page_by_page(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let asked: Vec<_> = (0..7).map(|n| custom("ada", &n.to_string())).collect();
    scene.notify(&asked).await;
    scene.notify(&[custom("ben", "another's")]).await;

    let (mut titles, mut before) = (Vec::new(), None);
    for (count, has_more) in [(3, true), (3, true), (1, false)] {
        let page = scene
            .store
            .notifications(&user("ada"), before, 3)
            .await
            .unwrap();
        assert_eq!((page.notifications.len(), page.has_more), (count, has_more));
        assert_eq!(page.unread, 7);
        before = page.notifications.last().map(|it| it.id);
        titles.extend(page.notifications.into_iter().map(|it| it.title));
    }
    assert_eq!(titles, ["6", "5", "4", "3", "2", "1", "0"]);
    let after = scene.store.notifications(&user("ada"), before, 3).await;
    let none = NotificationPage {
        unread: 7,
        ..NotificationPage::default()
    };
    assert_eq!(after.unwrap(), none);
    let nobody = scene.store.notifications(&user("nobody"), None, 3).await;
    assert_eq!(nobody.unwrap(), NotificationPage::default());
}

async fn reading_is_for_all_devices_and_only_moves_forward(scene: Scene) {
    scene.people(&["ada", "ben"]).await;
    let asked: Vec<_> = (0..5).map(|n| custom("ada", &n.to_string())).collect();
    scene.notify(&asked).await;
    scene.notify(&[custom("ben", "another's")]).await;
    let other = scene.another().await;

    let third = scene.read("ada", asked[2].id).await;
    assert_eq!(third, read(asked[2].id, 2, true));
    assert_eq!(other.list("ada").await.unread, 2);
    assert_eq!(
        other.list("ada").await.notifications.len(),
        5,
        "read ones stay"
    );

    for back in [0, 2] {
        let answer = other.read("ada", asked[back].id).await;
        assert_eq!(answer, read(asked[2].id, 2, false));
    }
    assert_eq!(
        scene.read("ada", asked[4].id).await,
        read(asked[4].id, 0, true)
    );
    scene.notify(&[custom("ada", "later")]).await;
    assert_eq!(scene.list("ada").await.unread, 1);
    assert_eq!(scene.list("ben").await.unread, 1);

    // Two devices at once: whoever is first, the furthest counts.
    let more: Vec<_> = (0..10).map(|n| custom("ben", &n.to_string())).collect();
    scene.notify(&more).await;
    let marks = more.iter().enumerate().map(|(n, it)| {
        let (scene, id) = ([&scene, &other][n % 2].clone(), it.id);
        tokio::spawn(async move { scene.read("ben", id).await })
    });
    join_all(marks).await;
    assert_eq!(scene.list("ben").await.unread, 0);
}

async fn a_mark_never_goes_beyond_the_newest(scene: Scene) {
    scene.people(&["ada"]).await;
    let far = NotificationId(Uuid::from_u128(u128::MAX));
    let nothing = NotificationsRead {
        up_to: None,
        unread: 0,
        moved: false,
    };
    assert_eq!(scene.read("ada", far).await, nothing);
    assert_eq!(scene.read("nobody", far).await, nothing);

    let first = custom("ada", "first");
    scene.notify(std::slice::from_ref(&first)).await;
    let unknown = NotificationId(Uuid::from_u128(1));
    assert_eq!(scene.read("ada", unknown).await, read(unknown, 1, true));
    assert_eq!(scene.read("ada", far).await, read(first.id, 0, true));
    assert_eq!(scene.read("ada", far).await, read(first.id, 0, false));
    scene.notify(&[custom("ada", "second")]).await;
    assert_eq!(scene.list("ada").await.unread, 1);
}

async fn reading_a_room_reads_what_it_notified_of(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let mut asked = Vec::new();
    for n in 0..3 {
        let message = scene.send(text("ada", "hall", &format!("@ben {n}"))).await;
        asked.push(about("ben", NotificationKind::Mention, &message));
    }
    asked.push(custom("ben", "not of the room"));
    scene.notify(&asked).await;
    assert_eq!(scene.list("ben").await.unread, 4);

    scene.reads("ben", "hall", 2).await;
    assert_eq!(scene.list("ben").await.unread, 2);
    // Sending reads the room as well.
    scene.send(text("ben", "hall", "yes?")).await;
    assert_eq!(scene.list("ben").await.unread, 1);
    assert_eq!(scene.list("ben").await.notifications.len(), 4);
    assert_eq!(
        scene.read("ben", asked[0].id).await,
        read(asked[0].id, 1, true)
    );
}

async fn what_is_of_a_room_that_one_is_not_in_is_not_unread(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let invite = About::Invite {
        room_id: room("hall"),
        by: user("ada"),
    };
    let mention = about("ben", NotificationKind::Mention, &hello);
    scene.notify(&[mention, new("ben", invite)]).await;
    assert_eq!(scene.list("ben").await.unread, 2);
    scene.remove("ben", "hall").await;
    assert_eq!(scene.list("ben").await.unread, 0);
    scene.join("ben", "hall").await;
    assert_eq!(
        scene.list("ben").await.unread,
        1,
        "who joins has read the room"
    );
    scene.delete_room("hall").await;
    assert_eq!(scene.list("ben").await.unread, 0);
}

async fn unread_ones_are_counted_up_to_a_bound(scene: Scene) {
    scene.people(&["ada"]).await;
    let many: Vec<_> = (0..COUNTED_MAX + 5)
        .map(|_| custom("ada", "again"))
        .collect();
    for some in many.chunks(500) {
        scene.notify(some).await;
    }
    assert_eq!(scene.list("ada").await.unread, COUNTED_MAX);
    let fifth = many[4].id;
    assert_eq!(
        scene.read("ada", fifth).await,
        read(fifth, COUNTED_MAX, true)
    );
    let sixth = many[5].id;
    assert_eq!(scene.read("ada", sixth).await.unread, COUNTED_MAX - 1);
}

async fn old_ones_are_forgotten(scene: Scene) {
    scene.people(&["ada"]).await;
    let day = |n: u64| Timestamp::from_millis((20_000 + n as i64) * 86_400_000);
    let old: Vec<_> = (0..5)
        .map(|n| {
            let seconds = (20_000 + n) * 86_400;
            let at = uuid::Timestamp::from_unix_time(seconds, 0, 0, 0);
            let id = NotificationId(Uuid::new_v7(at));
            let made = custom("ada", &n.to_string());
            NewNotification { id, ..made }
        })
        .collect();
    scene.notify(&old).await;
    scene.notify(&[custom("ada", "now")]).await;
    scene.read("ada", old[1].id).await;
    let forget = async |before, limit| {
        scene
            .store
            .forget_notifications(before, limit)
            .await
            .unwrap()
    };
    let titles = async || {
        let listed = scene.list("ada").await.notifications.into_iter();
        listed.map(|it| it.title).collect::<Vec<_>>()
    };

    assert_eq!(forget(day(0), 10).await, 0);
    assert_eq!(forget(day(4), 3).await, 3, "the oldest first");
    assert_eq!(titles().await, ["now", "4", "3"]);
    assert_eq!(forget(day(4), 3).await, 1);
    assert_eq!(titles().await, ["now", "4"]);
    assert_eq!(scene.list("ada").await.unread, 2, "the mark stays");
    assert_eq!(
        scene.read("ada", old[0].id).await,
        read(old[1].id, 2, false)
    );
}

fn read(up_to: NotificationId, unread: i64, moved: bool) -> NotificationsRead {
    NotificationsRead {
        up_to: Some(up_to),
        unread,
        moved,
    }
}
