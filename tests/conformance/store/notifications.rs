//! Notifications: kept once, and said in the words of what they are about as it is now.

mod reading;
mod standing;

use std::collections::HashSet;

use belfry::{
    domain::{
        Rev,
        id::{MessageId, NotificationId, RoomId, UserId},
        message::Message,
        notification::{Notification, NotificationKind},
        room::Visibility,
        timestamp::Timestamp,
    },
    ports::store::{About, NewNotification, NotificationPage, NotificationsRead, ReadMark},
};
use futures_util::future::join_all;

use super::{
    asking::{edit, end, erase, open_or_close, rename},
    scene::{Scene, committed, finding, mentions, room, text, user},
};

super::stories!(
    a_notification_says_who_and_where_and_what,
    a_direct_one_names_no_room,
    an_invitation_and_a_backends_words_are_about_no_message,
    a_user_has_one_about_a_message_however_often_it_is_asked_for,
    asked_for_again_with_the_same_ids_the_answer_is_the_same,
    many_at_once_on_two_replicas_keep_one_each,
    nobody_is_notified_of_their_own_message,
    who_is_no_member_or_nobody_is_not_notified,
    of_a_text_that_is_no_more_nobody_is_notified,
    an_edited_message_shows_its_new_text,
    a_room_that_is_closed_to_somebody_is_not_shown,
    a_message_must_be_of_the_room,
    authors_are_known_by_their_messages,
    direct_rooms_are_known_with_their_members,
);

async fn a_notification_says_who_and_where_and_what(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    scene
        .commit_one(rename("ada", "hall", "The \"hall\""))
        .await;
    let long = format!("{}\u{1F980} and more", "x".repeat(199));
    let hello = scene.send(text("ada", "hall", &long)).await;
    let new = [
        about("ben", NotificationKind::Mention, &hello),
        about("cy", NotificationKind::Reply, &hello),
    ];

    let kept = scene.store.notify(&new).await.unwrap();

    let mine = scene.list("ben").await;
    let expected = Notification {
        id: new[0].id,
        kind: NotificationKind::Mention,
        room_id: Some(room("hall")),
        message_id: Some(hello.id),
        title: "ada mentioned you in The \"hall\"".into(),
        body: format!("{}\u{1F980}", "x".repeat(199)),
        created_at: new[0].at,
    };
    assert_eq!(mine.notifications, [expected]);
    assert_eq!((mine.unread, mine.has_more), (1, false));
    let cys = scene.list("cy").await.notifications;
    assert_eq!(cys[0].title, "ada replied to you in The \"hall\"");
    let told: HashSet<_> = kept
        .into_iter()
        .map(|(user, it)| (user, it.id, it.title))
        .collect();
    let kept_of = |name: &str, it: &Notification| (user(name), it.id, it.title.clone());
    let listed = [
        kept_of("ben", &mine.notifications[0]),
        kept_of("cy", &cys[0]),
    ];
    assert_eq!(told, HashSet::from(listed));
    assert_eq!(scene.list("ada").await, NotificationPage::default());
}

async fn a_direct_one_names_no_room(scene: Scene) {
    scene
        .room_that_is(Visibility::Direct, "pair", &["ada", "ben", "cy"])
        .await;
    let hello = scene.send(text("ada", "pair", "between us")).await;
    for (name, kind) in [
        ("ben", NotificationKind::Direct),
        ("cy", NotificationKind::Mention),
    ] {
        scene.notify(&[about(name, kind, &hello)]).await;
    }
    let title = async |name| scene.list(name).await.notifications[0].title.clone();
    assert_eq!(title("ben").await, "ada");
    assert_eq!(title("cy").await, "ada mentioned you");
}

async fn an_invitation_and_a_backends_words_are_about_no_message(scene: Scene) {
    scene
        .room_that_is(Visibility::Private, "attic", &["ada", "ben"])
        .await;
    scene.people(&["cy"]).await;
    let invite = |to: &str| {
        let about = About::Invite {
            room_id: room("attic"),
            by: user("ada"),
        };
        new(to, about)
    };
    let asked = [invite("ben"), custom("ben", "It's done"), invite("cy")];

    let kept = scene.notify(&asked).await;

    assert_eq!(kept.len(), 2, "who is no member is not invited: {kept:?}");
    let bens = scene.list("ben").await.notifications;
    let said = |it: &Notification| {
        (
            it.kind,
            it.room_id.clone(),
            it.title.clone(),
            it.body.clone(),
        )
    };
    assert_eq!(
        bens.iter().map(said).collect::<Vec<_>>(),
        [
            (
                NotificationKind::Custom,
                None,
                "It's done".into(),
                "at last".into()
            ),
            (
                NotificationKind::Invite,
                Some(room("attic")),
                "ada added you to attic".into(),
                String::new()
            ),
        ]
    );
    assert!(bens.iter().all(|it| it.message_id.is_none()));
    assert_eq!(scene.list("cy").await, NotificationPage::default());
}

async fn a_user_has_one_about_a_message_however_often_it_is_asked_for(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let first = scene
        .notify(&[about("ben", NotificationKind::Mention, &hello)])
        .await;
    assert_eq!(first.len(), 1);

    let again = [
        about("ben", NotificationKind::Reply, &hello),
        about("ben", NotificationKind::Mention, &hello),
        about("cy", NotificationKind::Reply, &hello),
        about("cy", NotificationKind::Mention, &hello),
    ];
    let kept = scene.notify(&again).await;

    assert_eq!(kept.len(), 1, "only what is new is told: {kept:?}");
    assert_eq!((&kept[0].0, kept[0].1.id), (&user("cy"), again[2].id));
    let bens = scene.list("ben").await;
    assert_eq!(bens.notifications, [first[0].1.clone()]);
    assert_eq!(bens.unread, 1);
}

async fn asked_for_again_with_the_same_ids_the_answer_is_the_same(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let asked = [
        about("ben", NotificationKind::Mention, &hello),
        custom("ada", "Hello"),
    ];
    let mut first = scene.notify(&asked).await;
    let mut again = scene.notify(&asked).await;
    for kept in [&mut first, &mut again] {
        kept.sort_by_key(|(_, it)| it.id);
    }
    assert_eq!((first.len(), &first), (2, &again));
    assert_eq!(scene.list("ben").await.unread, 1);
}

async fn many_at_once_on_two_replicas_keep_one_each(scene: Scene) {
    let names = ["ada", "ben", "cy", "dee", "eve"];
    scene.room("hall", &names).await;
    let mut messages = Vec::new();
    for n in 0..6 {
        messages.push(scene.send(text("ada", "hall", &format!("@here {n}"))).await);
    }
    let other = scene.another().await;

    let asked = (0..8).map(|n| {
        let scene = [&scene, &other][n % 2].clone();
        let mut new: Vec<_> = messages
            .iter()
            .flat_map(|it| names.map(|name| about(name, NotificationKind::Mention, it)))
            .collect();
        // Each in an order of its own.
        new.rotate_left(n * 3);
        if n % 3 == 0 {
            new.reverse();
        }
        tokio::spawn(async move { scene.notify(&new).await })
    });
    let kept: Vec<_> = join_all(asked)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();

    let pairs: HashSet<_> = kept
        .iter()
        .map(|(user, it)| (user.clone(), it.message_id))
        .collect();
    assert_eq!((kept.len(), pairs.len()), (24, 24));
    for name in &names[1..] {
        assert_eq!(scene.list(name).await.notifications.len(), 6, "{name}");
    }
}

async fn nobody_is_notified_of_their_own_message(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "@ada")).await;
    let kept = scene
        .notify(&[about("ada", NotificationKind::Mention, &hello)])
        .await;
    assert_eq!(kept, []);
    assert_eq!(scene.list("ada").await, NotificationPage::default());
}

async fn who_is_no_member_or_nobody_is_not_notified(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.people(&["cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben @cy @dee")).await;
    scene.remove("ben", "hall").await;
    let names = ["ben", "cy", "dee"];
    let mut asked = names
        .map(|name| about(name, NotificationKind::Mention, &hello))
        .to_vec();
    asked.push(custom("dee", "Hello"));
    assert_eq!(scene.notify(&asked).await, []);

    scene.join("cy", "hall").await;
    scene.delete_room("hall").await;
    assert_eq!(scene.notify(&asked).await, []);
    for name in names {
        assert_eq!(
            scene.list(name).await,
            NotificationPage::default(),
            "{name}"
        );
    }
    assert_eq!(scene.notify(&[]).await, []);
}

async fn of_a_text_that_is_no_more_nobody_is_notified(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let edited = committed(scene.commit_one(edit("ada", &hello, "@cy")).await);
    let gone = scene.send(text("ada", "hall", "@ben again")).await;
    let stale = about("ben", NotificationKind::Mention, &hello);
    let early = about_text("ben", NotificationKind::Mention, &hello, edited.rev + 1);
    let deleted = about("ben", NotificationKind::Mention, &gone);
    committed(scene.commit_one(erase("ada", &gone)).await);

    assert_eq!(scene.notify(&[stale, early, deleted]).await, []);

    let now = about_text("cy", NotificationKind::Mention, &hello, edited.rev);
    assert_eq!(scene.notify(&[now]).await.len(), 1);
    assert_eq!(scene.list("ben").await, NotificationPage::default());
}

async fn an_edited_message_shows_its_new_text(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben at noon")).await;
    scene
        .notify(&[about("ben", NotificationKind::Mention, &hello)])
        .await;
    let edited = committed(scene.commit_one(edit("ada", &hello, "@ben at one")).await);
    committed(scene.commit_one(finding(&edited, mentions(&["ben"]))).await);
    scene.commit_one(rename("ada", "hall", "Lobby")).await;
    let [now] = &scene.list("ben").await.notifications[..] else {
        panic!("one");
    };
    assert_eq!(now.body, "@ben at one");
    assert_eq!(now.title, "ada mentioned you in Lobby");
}

async fn a_room_that_is_closed_to_somebody_is_not_shown(scene: Scene) {
    let names = ["ada", "ben"];
    scene.room("hall", &names).await;
    let hello = scene.send(text("ada", "hall", "@ben a secret")).await;
    let invite = About::Invite {
        room_id: room("hall"),
        by: user("ada"),
    };
    let mention = about("ben", NotificationKind::Mention, &hello);
    let kept = scene.notify(&[mention, new("ben", invite)]).await;
    assert_eq!(kept.len(), 2);
    let words = async || {
        let listed = scene.list("ben").await.notifications.into_iter();
        let listed = listed.map(|it| format!("{} {}", it.title, it.body));
        listed.collect::<Vec<_>>().join("\n")
    };

    scene.remove("ben", "hall").await;
    assert!(
        words().await.contains("a secret"),
        "anybody may read a public room"
    );

    let close = open_or_close("ada", "hall", Visibility::Private);
    scene.commit_one(close).await;
    let told = words().await;
    assert_eq!(told.lines().count(), 2);
    for hidden in ["secret", "hall", "ada"] {
        assert!(!told.contains(hidden), "{told}");
    }

    let open = open_or_close("ada", "hall", Visibility::Public);
    scene.commit_one(open).await;
    assert!(words().await.contains("a secret"));
    scene.commit_one(end("ada", "hall")).await;
    assert!(!words().await.contains("secret"));
    assert!(!words().await.contains("hall"));
}

async fn a_message_must_be_of_the_room(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let elsewhere = About::Message {
        kind: NotificationKind::Mention,
        room_id: room("attic"),
        message_id: hello.id,
        content_rev: hello.rev,
    };
    let unknown = About::Message {
        kind: NotificationKind::Mention,
        room_id: room("hall"),
        message_id: MessageId::fresh(),
        content_rev: 1,
    };
    let kept = scene
        .notify(&[new("ben", elsewhere), new("ben", unknown)])
        .await;
    assert_eq!(kept, []);
}

async fn authors_are_known_by_their_messages(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let one = scene.send(text("ada", "hall", "one")).await;
    let two = scene.send(text("ben", "hall", "two")).await;
    let asked = [one.id, MessageId::fresh(), two.id];
    let found = scene.store.authors_of(&asked).await.unwrap();
    let found: HashSet<_> = found.into_iter().collect();
    let expected = [(one.id, user("ada")), (two.id, user("ben"))];
    assert_eq!(found, HashSet::from(expected));
    assert_eq!(scene.store.authors_of(&[]).await.unwrap(), []);
}

async fn direct_rooms_are_known_with_their_members(scene: Scene) {
    scene.room("hall", &["ada", "ben", "it's"]).await;
    let wish = |id: &str| scene.new_room("ada", id, Visibility::Direct);
    for (id, other) in [("one", "ben"), ("two", "it's")] {
        let made = scene.store.direct_room(&wish(id), &user(other)).await;
        assert!(made.unwrap().is_some());
    }
    let asked = ["hall", "one", "nowhere", "two"].map(room);
    let mut found: Vec<(RoomId, Vec<UserId>)> = scene.store.direct_rooms(&asked).await.unwrap();
    found.sort();
    for (_, members) in &mut found {
        members.sort();
    }
    let pair = |id, other| (room(id), vec![user("ada"), user(other)]);
    assert_eq!(found, [pair("one", "ben"), pair("two", "it's")]);
}

fn new(to: &str, about: About) -> NewNotification {
    NewNotification {
        id: NotificationId::fresh(),
        user_id: user(to),
        about,
        at: Timestamp::now(),
    }
}

/// Of a message with the text that it was sent with.
fn about(to: &str, kind: NotificationKind, message: &Message) -> NewNotification {
    about_text(to, kind, message, message.rev)
}

fn about_text(
    to: &str,
    kind: NotificationKind,
    message: &Message,
    content_rev: Rev,
) -> NewNotification {
    let about = About::Message {
        kind,
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev,
    };
    new(to, about)
}

fn custom(to: &str, title: &str) -> NewNotification {
    let about = About::Custom {
        title: title.into(),
        body: "at last".into(),
    };
    new(to, about)
}

impl Scene {
    async fn notify(&self, new: &[NewNotification]) -> Vec<(UserId, Notification)> {
        self.store.notify(new).await.unwrap()
    }

    async fn list(&self, name: &str) -> NotificationPage {
        let page = self.store.notifications(&user(name), None, 100).await;
        page.unwrap()
    }

    async fn read(&self, name: &str, up_to: NotificationId) -> NotificationsRead {
        let read = self.store.read_notifications(&user(name), up_to).await;
        read.unwrap()
    }

    async fn reads(&self, name: &str, id: &str, seq: i64) {
        let mark = ReadMark {
            room: room(id),
            user: user(name),
            seq,
        };
        self.store.mark_read(&[mark]).await.unwrap();
    }
}
