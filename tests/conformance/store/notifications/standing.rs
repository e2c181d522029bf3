//! Which notifications stand: none of what is deleted or names the user no more, and of many invitations to a room one.

use belfry::{
    domain::{
        change::NewMessage, id::NotificationId, notification::NotificationKind, room::Visibility,
        timestamp::Timestamp,
    },
    ports::store::{About, NewNotification},
};

use super::{
    super::{
        asking::{edit, erase, removed},
        scene::{Scene, committed, finding, mentions, room, text, user},
    },
    about, new,
};

super::super::stories!(
    of_a_deleted_message_nothing_is_listed_or_unread,
    a_mention_that_an_edit_took_away_is_neither_until_it_is_back,
    what_concerns_somebody_anyway_stays_without_the_mention,
    pages_are_full_of_what_stands,
    who_is_invited_again_within_the_hour_is_notified_once,
);

async fn of_a_deleted_message_nothing_is_listed_or_unread(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let mut sent = Vec::new();
    let kinds = [NotificationKind::Mention, NotificationKind::Reply];
    for kind in kinds.into_iter().cycle().take(4) {
        let message = scene.send(text("ada", "hall", "@ben a secret")).await;
        scene.notify(&[about("ben", kind, &message)]).await;
        sent.push(message);
    }
    assert_eq!(scene.standing_ones("ben").await, (4, 4));

    for gone in &sent[..2] {
        committed(scene.commit_one(erase("ada", gone)).await);
    }
    assert_eq!(scene.standing_ones("ben").await, (2, 2));
    let moderated = finding(&sent[2], removed("Secrets"));
    committed(scene.commit_one(moderated).await);
    assert_eq!(scene.standing_ones("ben").await, (1, 1));

    let newest = scene.list("ben").await.notifications[0].id;
    assert_eq!(scene.read("ben", newest).await.unread, 0);
}

async fn a_mention_that_an_edit_took_away_is_neither_until_it_is_back(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben @cy")).await;
    committed(
        scene
            .commit_one(finding(&hello, mentions(&["ben", "cy"])))
            .await,
    );
    let both = ["ben", "cy"].map(|name| about(name, NotificationKind::Mention, &hello));
    scene.notify(&both).await;

    let edited = committed(scene.commit_one(edit("ada", &hello, "@cy alone")).await);
    committed(scene.commit_one(finding(&edited, mentions(&["cy"]))).await);
    assert_eq!(scene.standing_ones("ben").await, (0, 0));
    assert_eq!(scene.standing_ones("cy").await, (1, 1));

    let again = committed(scene.commit_one(edit("ada", &hello, "no, @ben")).await);
    committed(scene.commit_one(finding(&again, mentions(&["ben"]))).await);
    assert_eq!(scene.standing_ones("ben").await, (1, 1));
    assert_eq!(scene.list("ben").await.notifications[0].body, "no, @ben");
    assert_eq!(scene.standing_ones("cy").await, (0, 0));
}

async fn what_concerns_somebody_anyway_stays_without_the_mention(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    scene
        .room_that_is(Visibility::Direct, "pair", &["ada", "ben"])
        .await;
    let question = scene.send(text("ben", "hall", "who?")).await;
    let answer = NewMessage {
        reply_to: Some(question.id),
        ..text("ada", "hall", "me, @ben and @cy")
    };
    let answer = scene.send(answer).await;
    let hers = scene.send(text("ada", "pair", "@ben psst")).await;
    let mention = |name, message| about(name, NotificationKind::Mention, message);
    let asked = [
        mention("ben", &answer),
        mention("cy", &answer),
        mention("ben", &hers),
    ];
    assert_eq!(scene.notify(&asked).await.len(), 3);

    for message in [&answer, &hers] {
        committed(scene.commit_one(edit("ada", message, "nobody")).await);
    }
    assert_eq!(scene.standing_ones("ben").await, (2, 2));
    assert_eq!(scene.standing_ones("cy").await, (0, 0));
}

async fn pages_are_full_of_what_stands(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    for n in 0..6 {
        let message = scene.send(text("ada", "hall", &n.to_string())).await;
        scene
            .notify(&[about("ben", NotificationKind::Reply, &message)])
            .await;
        if n % 2 == 1 {
            committed(scene.commit_one(erase("ada", &message)).await);
        }
    }
    let page = async |before| {
        let page = scene.store.notifications(&user("ben"), before, 2).await;
        let page = page.unwrap();
        let last = page.notifications.last().map(|it| it.id);
        let said: Vec<_> = page.notifications.into_iter().map(|it| it.body).collect();
        (said, page.has_more, last)
    };
    let (said, has_more, last) = page(None).await;
    assert_eq!((said, has_more), (vec!["4".into(), "2".into()], true));
    let (said, has_more, _) = page(last).await;
    assert_eq!((said, has_more), (vec![String::from("0")], false));
}

async fn who_is_invited_again_within_the_hour_is_notified_once(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    scene.room("attic", &["ada", "ben"]).await;
    let invite = |name: &str, to: &str, by: &str| {
        let about = About::Invite {
            room_id: room(to),
            by: user(by),
        };
        new(name, about)
    };
    let first = invite("ben", "hall", "ada");
    assert_eq!(scene.notify(std::slice::from_ref(&first)).await.len(), 1);
    for by in ["ada", "cy"] {
        assert_eq!(scene.notify(&[invite("ben", "hall", by)]).await, []);
    }
    let others = [invite("cy", "hall", "ada"), invite("ben", "attic", "ada")];
    assert_eq!(scene.notify(&others).await.len(), 2);
    let again = scene.notify(std::slice::from_ref(&first)).await;
    assert_eq!(again.len(), 1, "with the same id the answer is the same");

    let later = |seconds: i64| NewNotification {
        id: NotificationId::fresh(),
        at: Timestamp::from_millis(first.at.as_millis() + seconds * 1_000),
        ..first.clone()
    };
    assert_eq!(scene.notify(&[later(3_599)]).await, []);
    assert_eq!(scene.notify(&[later(3_600)]).await.len(), 1);
    assert_eq!(scene.standing_ones("ben").await, (3, 3));
}

impl Scene {
    /// How many are listed, and how many are unread.
    async fn standing_ones(&self, name: &str) -> (usize, i64) {
        let page = self.list(name).await;
        (page.notifications.len(), page.unread)
    }
}
