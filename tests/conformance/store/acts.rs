//! Committing what people do with messages that are there: edits, deletions, and what holds for all of it.

use std::sync::Arc;

use belfry::domain::{
    change::{Act, Change, Deed, Found, Outcome, Refusal, RoomChange},
    id::{JobId, MessageId},
    message::{Message, Preview},
    room::Visibility,
    timestamp::Timestamp,
};

use super::{
    asking::{clap, edit, erase, react, unreact},
    scene::{Scene, committed, finding, mentions, refused, repeated, room, text, user},
};

super::stories!(
    an_edit_gives_the_message_another_text,
    an_edit_takes_mentions_and_previews_with_the_old_text,
    the_same_text_takes_no_rev_and_no_job,
    an_edit_asked_for_again_does_not_come_back,
    a_deletion_leaves_the_place,
    a_deletion_leaves_claps_and_reactions,
    a_deletion_again_takes_no_rev,
    a_deleted_message_is_left_alone,
    a_message_is_found_in_its_room_alone,
    acts_and_sends_are_numbered_in_their_order,
    an_act_in_the_batch_of_its_message_finds_none,
    a_refused_act_does_not_disturb_the_others,
    a_repeated_send_shows_the_message_at_its_place_in_the_batch,
    messages_know_their_rooms,
);

async fn an_edit_gives_the_message_another_text(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "helo")).await;
    let other = scene.send(text("ben", "hall", "What?")).await;
    let (job, at) = (JobId::fresh(), Timestamp::from_millis(1_700_000_000_123));
    let asked = Change::Act(Act {
        room_id: room("hall"),
        message_id: hello.id,
        user_id: user("ada"),
        at,
        deed: Deed::Edit {
            content: "hello".into(),
            job,
        },
    });

    let outcome = scene.commit_one(asked).await;

    let mut expected = (*hello).clone();
    expected.content = "hello".into();
    expected.edited_at = Some(at);
    expected.rev = 3;
    let updated = RoomChange::Updated(Arc::new(expected.clone()));
    assert_eq!(outcome, Outcome::Committed(updated));
    assert_eq!(
        scene.history("hall").await,
        [expected.clone(), (*other).clone()]
    );
    let changes = scene.store.changes(&room("hall"), 2, 10).await.unwrap();
    assert_eq!(changes.unwrap().messages, [expected]);
    let view = scene.view("hall", "ben").await;
    assert_eq!((view.room.rev, view.room.last_seq), (3, 2));
    let jobs = scene.all_jobs().await;
    let (_, task) = jobs.iter().find(|(it, _)| *it == job).expect("its job");
    assert_eq!((&task.room_id, task.message_id), (&room("hall"), hello.id));
    assert_eq!((task.content_rev, &*task.content), (3, "hello"));
}

async fn an_edit_takes_mentions_and_previews_with_the_old_text(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene
        .send(text("ada", "hall", "@ben https://a.example"))
        .await;
    let link = Found::Previews(vec![preview()]);
    let found = [finding(&hello, mentions(&["ben"])), finding(&hello, link)];
    scene.commit(&found).await;
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 1);

    let edited = committed(scene.commit_one(edit("ada", &hello, "never mind")).await);

    assert!(edited.mentions.is_empty() && edited.previews.is_empty());
    assert_eq!(scene.history("hall").await, [(*edited).clone()]);
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 0);
    // What was read in the old text comes too late; what is read in the new one does not.
    let late = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;
    assert_eq!(late, Outcome::Unchanged);
    let found = scene.commit_one(finding(&edited, mentions(&["ben"]))).await;
    assert_eq!(committed(found).mentions, [user("ben")]);
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 1);
}

async fn the_same_text_takes_no_rev_and_no_job(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;

    let outcome = scene.commit_one(edit("ada", &hello, "hello")).await;

    assert_eq!(outcome, Outcome::Already(RoomChange::Updated(hello)));
    assert_eq!(scene.view("hall", "ada").await.room.rev, 1);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 1);
}

async fn an_edit_asked_for_again_does_not_come_back(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "one")).await;
    let second = edit("ada", &hello, "two");
    committed(scene.commit_one(second.clone()).await);
    let third = committed(scene.commit_one(edit("ada", &hello, "three")).await);

    let again = scene.commit_one(second).await;

    assert_eq!(again, Outcome::Already(RoomChange::Updated(third.clone())));
    assert_eq!(scene.history("hall").await, [(*third).clone()]);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 3);
}

async fn a_deletion_leaves_the_place(scene: Scene) {
    scene.room("hall", &["ada", "ben", "mo"]).await;
    scene.make("mo", "moderator", "hall").await;
    let own = scene.send(text("ben", "hall", "@ada")).await;
    let other = scene.send(text("ben", "hall", "rude")).await;
    scene.commit_one(finding(&own, mentions(&["ada"]))).await;

    let outcomes = scene
        .commit(&[erase("ben", &own), erase("mo", &other)])
        .await;

    for (rev, (outcome, before)) in (4..).zip(outcomes.into_iter().zip([&own, &other])) {
        let Outcome::Committed(RoomChange::Deleted(message)) = outcome else {
            panic!("not deleted: {outcome:?}")
        };
        assert!(message.deleted_at.is_some());
        let mut expected = (**before).clone();
        expected.content.clear();
        expected.rev = rev;
        expected.deleted_at = message.deleted_at;
        assert_eq!(*message, expected);
        let late = finding(before, mentions(&["ada"]));
        assert_eq!(scene.commit_one(late).await, Outcome::Unchanged);
        // Not even by its new revision.
        let late = finding(&message, mentions(&["ada"]));
        assert_eq!(scene.commit_one(late).await, Outcome::Unchanged);
    }
    let history = scene.history("hall").await;
    assert!(
        history
            .iter()
            .all(|it| it.content.is_empty() && it.mentions.is_empty())
    );
    assert_eq!(scene.standing("hall", "ada").await.unread_mentions, 0);
    assert_eq!(scene.standing("hall", "ada").await.unread, 2);
    assert_eq!(scene.send(text("ada", "hall", "next")).await.seq, 3);
}

async fn a_deletion_leaves_claps_and_reactions(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    scene.commit_one(clap(&hello, &[("ada", 3)])).await;
    let liked = committed(scene.commit_one(react("ada", &hello, "👍")).await);

    let gone = committed(scene.commit_one(erase("ada", &hello)).await);

    assert_eq!(gone.claps.total, 3);
    assert_eq!(gone.reactions, liked.reactions);
    assert_eq!(scene.history("hall").await, [(*gone).clone()]);
    assert_eq!(scene.mine("ada", hello.id).await.claps, 3);
}

async fn a_deletion_again_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    let gone = committed(scene.commit_one(erase("ada", &hello)).await);

    let again = scene.commit_one(erase("ada", &hello)).await;

    assert_eq!(again, Outcome::Already(RoomChange::Deleted(gone)));
    let ben = scene.commit_one(erase("ben", &hello)).await;
    assert_eq!(ben, Outcome::Refused(Refusal::Forbidden));
    assert_eq!(scene.view("hall", "ada").await.room.rev, 2);
}

async fn a_deleted_message_is_left_alone(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "hello")).await;
    committed(scene.commit_one(react("ada", &hello, "👍")).await);
    let gone = committed(scene.commit_one(erase("ada", &hello)).await);

    for change in [
        edit("ada", &hello, "I take it back"),
        // The text that it now has.
        edit("ada", &hello, ""),
        react("ada", &hello, "👎"),
        react("ada", &hello, "👍"),
        unreact("ada", &hello, "👍"),
        clap(&hello, &[("ada", 1)]),
    ] {
        assert_eq!(refused(scene.commit_one(change).await), Refusal::Deleted);
    }
    assert_eq!(scene.history("hall").await, [(*gone).clone()]);
}

async fn a_message_is_found_in_its_room_alone(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    scene.room("attic", &["ada"]).await;
    scene
        .room_that_is(Visibility::Private, "den", &["ben"])
        .await;
    scene.room("ruin", &["ada"]).await;
    let here = scene.send(text("ada", "hall", "hello")).await;
    let hidden = scene.send(text("ben", "den", "psst")).await;
    let ruined = scene.send(text("ada", "ruin", "hello")).await;
    scene.delete_room("ruin").await;
    let unknown = Message {
        id: MessageId::fresh(),
        ..(*here).clone()
    };
    let astray = Message {
        room_id: room("attic"),
        ..(*here).clone()
    };
    let nowhere = Message {
        room_id: room("nowhere"),
        ..(*here).clone()
    };

    for message in [&unknown, &astray, &nowhere, &*hidden, &*ruined] {
        for change in [
            edit("ada", message, "mine now"),
            erase("ada", message),
            react("ada", message, "👍"),
            clap(message, &[("ada", 1)]),
        ] {
            assert_eq!(refused(scene.commit_one(change).await), Refusal::NoMessage);
        }
    }
    assert_eq!(scene.history("hall").await, [(*here).clone()]);
    assert!(scene.history("attic").await.is_empty());
    assert_eq!(scene.history("den").await, [(*hidden).clone()]);
}

async fn acts_and_sends_are_numbered_in_their_order(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada"]).await;
    let mut sent = Vec::new();
    for n in 0..5 {
        sent.push(scene.send(text("ada", "hall", &n.to_string())).await);
    }
    let batch = [
        Change::Send(text("ben", "hall", "first")),
        react("ben", &sent[0], "👍"),
        Change::Send(text("ada", "attic", "elsewhere")),
        clap(&sent[1], &[("ben", 2), ("ada", 1)]),
        edit("ada", &sent[2], "two!"),
        finding(&sent[3], mentions(&["ben"])),
        erase("ada", &sent[4]),
        Change::Send(text("ben", "hall", "last")),
    ];

    let outcomes = scene.commit(&batch).await;

    let told: Vec<_> = outcomes.into_iter().map(committed).collect();
    let revs: Vec<_> = told.iter().map(|it| (it.seq, it.rev)).collect();
    assert_eq!(
        revs,
        [
            (6, 6),
            (1, 7),
            (1, 1),
            (2, 8),
            (3, 9),
            (4, 10),
            (5, 11),
            (7, 12)
        ]
    );
    let mut hall: Vec<_> = told
        .iter()
        .filter(|it| it.room_id == room("hall"))
        .collect();
    hall.sort_by_key(|it| it.seq);
    let hall: Vec<_> = hall.into_iter().map(|it| (**it).clone()).collect();
    assert_eq!(scene.history("hall").await, hall);
}

async fn an_act_in_the_batch_of_its_message_finds_none(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let asked = text("ada", "hall", "hello");
    let other = scene.send(text("ada", "hall", "there")).await;
    let to_come = Message {
        id: asked.id,
        ..(*other).clone()
    };

    let batch = [Change::Send(asked), react("ada", &to_come, "👍")];
    let outcomes = scene.commit(&batch).await;

    assert_eq!(committed(outcomes[0].clone()).rev, 2);
    assert_eq!(outcomes[1], Outcome::Refused(Refusal::NoMessage));
}

async fn a_refused_act_does_not_disturb_the_others(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.people(&["eve"]).await;
    let first = scene.send(text("ada", "hall", "one")).await;
    let second = scene.send(text("ada", "hall", "two")).await;
    let third = scene.send(text("ada", "hall", "three")).await;
    let batch = [
        edit("ben", &first, "mine"),
        edit("ada", &second, "second"),
        react("eve", &third, "👍"),
        Change::Send(text("ada", "hall", "four")),
    ];

    let outcomes = scene.commit(&batch).await;

    assert_eq!(outcomes[0], Outcome::Refused(Refusal::Forbidden));
    assert_eq!(committed(outcomes[1].clone()).rev, 4);
    assert_eq!(outcomes[2], Outcome::Refused(Refusal::NotMember));
    assert_eq!(committed(outcomes[3].clone()).rev, 5);
    assert_eq!(scene.history("hall").await.len(), 4);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 5);
}

async fn a_repeated_send_shows_the_message_at_its_place_in_the_batch(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let asked = text("ada", "hall", "hello");
    let hello = scene.send(asked.clone()).await;
    committed(scene.commit_one(react("ada", &hello, "👍")).await);
    let again = Change::Send(asked.clone());

    let batch = [again, erase("ada", &hello)];
    let first = scene.commit(&batch).await;
    let later = scene.commit_one(Change::Send(asked)).await;

    assert_eq!(repeated(first[0].clone()).content, "hello");
    let gone = committed(first[1].clone());
    assert_eq!((&*gone.content, gone.reactions.len()), ("", 1));
    assert_eq!(repeated(later), gone);
}

async fn messages_know_their_rooms(scene: Scene) {
    for id in ["hall", "attic", "ruin"] {
        scene.room(id, &["ada"]).await;
    }
    let hall = scene.send(text("ada", "hall", "1")).await.id;
    let attic = scene.send(text("ada", "attic", "2")).await.id;
    let ruin = scene.send(text("ada", "ruin", "3")).await.id;
    scene.delete_room("ruin").await;

    let asked = [ruin, hall, MessageId::fresh(), attic];
    let mut found = scene.store.rooms_of(&asked).await.unwrap();

    found.sort_unstable();
    assert_eq!(found, [(hall, room("hall")), (attic, room("attic"))]);
    assert!(scene.store.rooms_of(&[]).await.unwrap().is_empty());
}

fn preview() -> Preview {
    Preview {
        url: "https://a.example".into(),
        title: None,
        description: None,
        image_url: None,
        site_name: None,
    }
}
