//! Committing sends: order, repeats, refusals.

use std::sync::Arc;

use belfry::{
    domain::{
        change::{Change, NewMessage, Outcome, Refusal, RoomChange},
        id::MessageId,
        message::MessageKind,
        permission::{Action, Verdict, judge},
        room::{Role, Visibility},
        timestamp::Timestamp,
    },
    ports::store::Place,
};

use super::scene::{Scene, committed, keyed, refused, repeated, room, text};

super::stories!(
    a_sent_message_is_there_as_it_was_sent,
    a_batch_is_answered_and_numbered_in_order,
    rooms_are_numbered_each_for_itself,
    the_same_client_id_gives_the_same_message_for_good,
    a_client_id_counts_for_one_user_in_one_room,
    repeats_within_a_batch_take_nothing,
    a_refused_send_does_not_disturb_the_others,
    who_may_send_is_what_the_table_says,
    a_repeat_is_answered_as_long_as_its_author_may_see_the_room,
    an_answer_must_be_to_a_message_of_the_same_room,
    the_same_batch_again_changes_nothing,
    sending_marks_as_read,
    a_message_keeps_the_name_that_its_author_had,
    any_text_but_nul_is_kept,
    nothing_to_commit_is_no_error,
);

async fn a_sent_message_is_there_as_it_was_sent(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let question = scene.send(text("ada", "hall", "Anybody here?")).await;
    let asked = NewMessage {
        reply_to: Some(question.id),
        kind: MessageKind::System,
        at: Timestamp::from_millis(1_700_000_000_123),
        ..keyed("ada", "hall", "Only me.", "c-1")
    };

    let message = scene.send(asked.clone()).await;

    assert_eq!(message.id, asked.id);
    assert_eq!(message.room_id, asked.room_id);
    assert_eq!((message.seq, message.rev), (2, 2));
    assert_eq!(message.user_id, asked.user_id);
    assert_eq!(&*message.username, "ada");
    assert_eq!(message.content, asked.content);
    assert_eq!(message.kind, asked.kind);
    assert_eq!(message.timestamp, asked.at);
    assert_eq!(message.client_id, asked.client_id);
    assert_eq!(message.reply_to, asked.reply_to);
    assert_eq!((message.edited_at, message.deleted_at), (None, None));
    assert_eq!((message.claps.total, message.claps.mine), (0, None));
    assert!(message.reactions.is_empty());
    assert!(message.mentions.is_empty() && message.previews.is_empty());
    assert_eq!(
        scene.history("hall").await,
        [(*question).clone(), (*message).clone()]
    );
}

async fn a_batch_is_answered_and_numbered_in_order(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let asked: Vec<_> = (0..100)
        .map(|n| text(["ada", "ben"][n % 2], "hall", &n.to_string()))
        .collect();

    let outcomes = scene.commit(&sends(&asked)).await;

    for (n, (asked, outcome)) in (1..).zip(asked.iter().zip(outcomes)) {
        let message = committed(outcome);
        assert_eq!((message.id, message.seq, message.rev), (asked.id, n, n));
    }
    assert_eq!(scene.history("hall").await.len(), 100);
}

async fn rooms_are_numbered_each_for_itself(scene: Scene) {
    scene.room("attic", &["ada"]).await;
    scene.room("cellar", &["ada"]).await;
    let places = ["attic", "cellar", "cellar", "attic", "cellar"];

    let outcomes = scene
        .commit(&sends(&places.map(|place| text("ada", place, "hello"))))
        .await;

    let seqs: Vec<_> = outcomes.into_iter().map(|it| committed(it).seq).collect();
    assert_eq!(seqs, [1, 1, 2, 2, 3]);
    assert_eq!(scene.history("attic").await.len(), 2);
    assert_eq!(scene.history("cellar").await.len(), 3);
}

async fn the_same_client_id_gives_the_same_message_for_good(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let first = scene.send(keyed("ada", "hall", "once", "c-1")).await;
    scene.send(text("ada", "hall", "something else")).await;

    let again = Change::Send(keyed("ada", "hall", "once, I think", "c-1"));
    let again = repeated(scene.commit_one(again).await);

    assert_eq!(again, first);
    assert_eq!(scene.history("hall").await.len(), 2);
}

async fn a_client_id_counts_for_one_user_in_one_room(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada"]).await;
    for message in [
        keyed("ada", "hall", "one", "c-1"),
        keyed("ben", "hall", "two", "c-1"),
        keyed("ada", "attic", "three", "c-1"),
    ] {
        scene.send(message).await;
    }
    assert_eq!(scene.history("hall").await.len(), 2);
    assert_eq!(scene.history("attic").await.len(), 1);
}

async fn repeats_within_a_batch_take_nothing(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let keyed_one = keyed("ada", "hall", "keyed", "c-1");
    let plain_one = text("ada", "hall", "plain");
    let batch = [
        keyed_one.clone(),
        plain_one.clone(),
        keyed("ada", "hall", "keyed again", "c-1"),
        plain_one,
        keyed_one,
        text("ada", "hall", "last"),
    ];

    let mut outcomes = scene.commit(&sends(&batch)).await.into_iter();
    let mut next = || outcomes.next().unwrap();

    let keyed_one = committed(next());
    let plain_one = committed(next());
    assert_eq!(repeated(next()), keyed_one);
    assert_eq!(repeated(next()), plain_one);
    assert_eq!(repeated(next()), keyed_one);
    assert_eq!(committed(next()).seq, 3);
    assert_eq!(scene.history("hall").await.len(), 3);
}

async fn a_refused_send_does_not_disturb_the_others(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.people(&["eve"]).await;
    let unanswerable = NewMessage {
        reply_to: Some(MessageId::fresh()),
        ..text("ada", "hall", "to whom?")
    };
    let batch = [
        text("eve", "hall", "let me in"),
        text("ada", "hall", "first"),
        text("ada", "nowhere", "lost"),
        unanswerable,
        text("nobody", "hall", "boo"),
        text("ada", "hall", "second"),
    ];

    let mut outcomes = scene.commit(&sends(&batch)).await.into_iter();
    let mut next = || outcomes.next().unwrap();

    assert_eq!(refused(next()), Refusal::NotMember);
    assert_eq!(committed(next()).seq, 1);
    assert_eq!(refused(next()), Refusal::NoRoom);
    assert_eq!(refused(next()), Refusal::NoReply);
    assert_eq!(refused(next()), Refusal::NotMember);
    assert_eq!(committed(next()).seq, 2);
    assert_eq!(scene.view("hall", "ada").await.room.rev, 2);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 2);
}

async fn who_may_send_is_what_the_table_says(scene: Scene) {
    use Visibility::{Direct, Private, Public};
    for visibility in [Public, Private, Direct] {
        let id = visibility.as_str();
        scene
            .room_that_is(visibility, id, &["owner", "moderator", "member"])
            .await;
        let promote = format!("UPDATE members SET role = user_id WHERE room_id = '{id}'");
        scene.database.sql(promote).await;
        scene.people(&["stranger"]).await;
        for author in ["owner", "moderator", "member", "stranger"] {
            let outcome = scene
                .commit_one(Change::Send(text(author, id, "hello")))
                .await;
            match judge(Action::Send, visibility, Role::parse(author), false) {
                Verdict::Allowed => drop(committed(outcome)),
                Verdict::Forbidden => assert_eq!(refused(outcome), Refusal::NotMember),
                Verdict::Hidden => assert_eq!(refused(outcome), Refusal::NoRoom),
            }
        }
        scene.delete_room(id).await;
        let late = Change::Send(text("owner", id, "too late"));
        assert_eq!(refused(scene.commit_one(late).await), Refusal::NoRoom);
    }
}

async fn a_repeat_is_answered_as_long_as_its_author_may_see_the_room(scene: Scene) {
    scene.room("open", &["ada", "ben"]).await;
    scene
        .room_that_is(Visibility::Private, "closed", &["ada", "ben"])
        .await;
    let open = keyed("ben", "open", "hello", "c-1");
    let closed = keyed("ben", "closed", "hello", "c-1");
    let said = scene.send(open.clone()).await;
    scene.send(closed.clone()).await;

    scene.remove("ben", "open").await;
    scene.remove("ben", "closed").await;

    let outcomes = scene.commit(&sends(&[open, closed])).await;
    assert_eq!(
        outcomes,
        [
            Outcome::Already(RoomChange::New(said)),
            Outcome::Refused(Refusal::NoRoom)
        ]
    );
}

async fn an_answer_must_be_to_a_message_of_the_same_room(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    let here = scene.send(text("ada", "hall", "here")).await;
    let there = scene.send(text("ada", "attic", "there")).await;
    let answer = |to| NewMessage {
        reply_to: Some(to),
        ..text("ada", "hall", "an answer")
    };

    let outcomes = scene
        .commit(&sends(&[answer(there.id), answer(here.id)]))
        .await;

    assert_eq!(outcomes[0], Outcome::Refused(Refusal::NoReply));
    assert_eq!(committed(outcomes[1].clone()).reply_to, Some(here.id));
}

async fn the_same_batch_again_changes_nothing(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let batch = sends(&[
        text("ada", "hall", "plain"),
        keyed("ada", "hall", "keyed", "c-1"),
        text("ada", "nowhere", "lost"),
    ]);
    let first = scene.commit(&batch).await;
    let before = scene.history("hall").await;

    let second = scene.commit(&batch).await;

    assert_eq!(repeated(second[0].clone()), committed(first[0].clone()));
    assert_eq!(repeated(second[1].clone()), committed(first[1].clone()));
    assert_eq!(second[2], first[2]);
    assert_eq!(scene.history("hall").await, before);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 2);
}

async fn sending_marks_as_read(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.chatter("ada", "hall", 3).await;
    assert_eq!(scene.standing("hall", "ada").await.unread, 0);
    assert_eq!(scene.standing("hall", "ben").await.unread, 3);

    scene
        .send(text("ben", "hall", "I have read all that"))
        .await;

    let ben = scene.standing("hall", "ben").await;
    assert_eq!((ben.last_read_seq, ben.unread), (4, 0));
    assert_eq!(scene.standing("hall", "ada").await.unread, 1);
}

async fn a_message_keeps_the_name_that_its_author_had(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.send(text("ada", "hall", "I am Ada")).await;
    scene
        .database
        .sql("UPDATE users SET username = 'Countess'")
        .await;
    scene.send(text("ada", "hall", "I am a countess")).await;
    let names: Vec<_> = scene
        .history("hall")
        .await
        .into_iter()
        .map(|it| it.username)
        .collect();
    assert_eq!(names, [Arc::<str>::from("ada"), Arc::from("Countess")]);
}

async fn any_text_but_nul_is_kept(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let texts = [
        "'; DROP TABLE messages; --",
        "\"quoted\" \\back\\slash {curly} [square] \u{7f}\u{1}\n\t",
        "🔔 ñ \u{202e}gnirts \u{ffff} NULL null",
        "%_*?",
    ];
    for content in texts {
        let sent = scene.send(text("ada", "hall", content)).await;
        assert_eq!(sent.content, content);
    }
    let kept: Vec<_> = scene
        .history("hall")
        .await
        .into_iter()
        .map(|it| it.content)
        .collect();
    assert_eq!(kept, texts);
    let jobs = scene.all_jobs().await;
    let mut carried: Vec<_> = jobs.into_iter().map(|(_, task)| task.content).collect();
    carried.sort_unstable();
    let mut texts = texts.map(String::from);
    texts.sort_unstable();
    assert_eq!(carried, texts);
}

async fn nothing_to_commit_is_no_error(scene: Scene) {
    assert!(scene.commit(&[]).await.is_empty());
    let gone = scene
        .store
        .page(&room("nowhere"), Place::Newest, 10)
        .await
        .unwrap();
    assert_eq!(gone, None);
}

fn sends(messages: &[NewMessage]) -> Vec<Change> {
    messages.iter().cloned().map(Change::Send).collect()
}
