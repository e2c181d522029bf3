//! Committing what a worker found.

use belfry::domain::{
    change::{Change, Enrichment, Found, NewMessage, Outcome, RoomChange},
    id::JobId,
    job::EnrichMessage,
    message::{Message, Preview},
};

use super::{
    asking::{edit, erase},
    scene::{Scene, committed, finding, keyed, mentions, repeated, text, user},
};

super::stories!(
    a_finding_is_the_messages_next_revision,
    a_finding_takes_its_job_with_it_applied_or_not,
    what_is_there_already_takes_no_rev,
    a_later_finding_replaces_an_earlier_one,
    each_kind_of_finding_is_a_change_of_its_own,
    of_the_same_finding_twice_in_a_batch_the_last_one_counts,
    sends_and_findings_are_numbered_in_their_order,
    a_finding_about_an_earlier_text_is_dropped,
    a_deleted_message_is_not_enriched,
    a_finding_must_name_the_right_room,
    a_preview_that_says_less_is_no_news,
    a_repeat_shows_the_message_as_it_is_now,
    unread_mentions_are_those_after_what_was_read,
    who_is_no_longer_mentioned_has_no_unread_mention,
    the_job_of_a_message_says_where_it_is_and_whose,
);

async fn a_finding_is_the_messages_next_revision(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "hello @ben")).await;
    let other = scene.send(text("ada", "hall", "something else")).await;

    let found = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;

    let mut expected = (*hello).clone();
    expected.rev = 3;
    expected.mentions = vec![user("ben")];
    assert_eq!(*committed(found), expected);
    assert_eq!(scene.history("hall").await, [expected, (*other).clone()]);
    let room = scene.view("hall", "ada").await.room;
    assert_eq!((room.rev, room.last_seq), (3, 2));
}

async fn a_finding_takes_its_job_with_it_applied_or_not(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let asked = ["@ben", "nothing to find", "left"].map(|it| text("ada", "hall", it));
    let mut sent = Vec::new();
    for message in &asked {
        sent.push(scene.send(message.clone()).await);
    }
    let done = |n: usize, found| {
        Change::Enrich(Enrichment {
            finishes: Some(asked[n].job),
            room_id: asked[n].room_id.clone(),
            message_id: asked[n].id,
            content_rev: sent[n].rev,
            found,
        })
    };
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 3);

    let outcomes = scene
        .commit(&[done(0, mentions(&["ben"])), done(1, mentions(&[]))])
        .await;

    assert!(matches!(outcomes[0], Outcome::Committed(_)));
    assert_eq!(outcomes[1], Outcome::Unchanged);
    let left: Vec<_> = scene
        .all_jobs()
        .await
        .into_iter()
        .map(|(job, _)| job)
        .collect();
    assert_eq!(left, [asked[2].job]);
}

async fn what_is_there_already_takes_no_rev(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben and @cy")).await;
    let link = || Found::Previews(vec![preview("https://a.example/?q='\"\\")]);
    for found in [mentions(&["ben", "cy"]), link()] {
        committed(scene.commit_one(finding(&hello, found)).await);
    }
    let before = scene.history("hall").await;
    assert_eq!(before[0].previews, [preview("https://a.example/?q='\"\\")]);

    let nothing_new = [
        mentions(&["ben", "cy"]),
        mentions(&["cy"]),
        mentions(&[]),
        link(),
        Found::Previews(vec![]),
    ];
    for found in nothing_new {
        let outcome = scene.commit_one(finding(&hello, found)).await;
        assert_eq!(outcome, Outcome::Unchanged);
    }

    assert_eq!(scene.history("hall").await, before);
}

async fn a_later_finding_replaces_an_earlier_one(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let hello = scene.send(text("ada", "hall", "@ben @cy")).await;
    committed(scene.commit_one(finding(&hello, mentions(&["ben"]))).await);
    let outcome = scene
        .commit_one(finding(&hello, mentions(&["ben", "cy"])))
        .await;
    assert_eq!(committed(outcome).mentions, ["ben", "cy"].map(user));
}

async fn each_kind_of_finding_is_a_change_of_its_own(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene
        .send(text("ada", "hall", "@ben https://a.example"))
        .await;
    let link = Found::Previews(vec![preview("https://a.example")]);

    let batch = [finding(&hello, mentions(&["ben"])), finding(&hello, link)];
    let mut outcomes = scene.commit(&batch).await.into_iter().map(committed);

    let (first, second) = (outcomes.next().unwrap(), outcomes.next().unwrap());
    assert_eq!(
        (first.rev, first.mentions.len(), first.previews.len()),
        (2, 1, 0)
    );
    assert_eq!(
        (second.rev, second.mentions.len(), second.previews.len()),
        (3, 1, 1)
    );
    assert_eq!(scene.history("hall").await, [(*second).clone()]);
}

async fn of_the_same_finding_twice_in_a_batch_the_last_one_counts(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let asked = text("ada", "hall", "@ben @cy");
    let hello = scene.send(asked.clone()).await;
    let mut first = finding(&hello, mentions(&["ben"]));
    if let Change::Enrich(first) = &mut first {
        first.finishes = Some(asked.job);
    }

    let outcomes = scene
        .commit(&[first, finding(&hello, mentions(&["cy"]))])
        .await;

    assert_eq!(outcomes[0], Outcome::Unchanged);
    let second = committed(outcomes[1].clone());
    assert_eq!((second.rev, &second.mentions), (2, &vec![user("cy")]));
    assert_eq!(scene.history("hall").await, [(*second).clone()]);
    assert_eq!(scene.store.count_jobs().await.unwrap().waiting, 0);
}

async fn sends_and_findings_are_numbered_in_their_order(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;

    let batch = [
        Change::Send(text("ada", "hall", "before")),
        finding(&hello, mentions(&["ben"])),
        finding(&hello, Found::Previews(vec![])),
        Change::Send(text("ada", "hall", "after")),
    ];

    let outcomes = scene.commit(&batch).await;

    let revs = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Committed(message) => message.message().map(|it| (it.seq, it.rev)),
        _ => None,
    });
    assert_eq!(
        revs.collect::<Vec<_>>(),
        [Some((2, 2)), Some((1, 3)), None, Some((3, 4))]
    );
    assert_eq!(scene.history("hall").await.len(), 3);
}

async fn a_finding_about_an_earlier_text_is_dropped(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    scene.send(text("ada", "hall", "hm")).await;
    scene.commit_one(edit("ada", &hello, "never mind")).await;

    let outcome = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;

    assert_eq!(outcome, Outcome::Unchanged);
    let history = scene.history("hall").await;
    assert_eq!((&*history[0].content, history[0].rev), ("never mind", 3));
    assert!(history[0].mentions.is_empty());
}

async fn a_deleted_message_is_not_enriched(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    scene.commit_one(erase("ada", &hello)).await;

    let outcome = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;

    assert_eq!(outcome, Outcome::Unchanged);
    let history = scene.history("hall").await;
    assert!(history[0].deleted_at.is_some() && history[0].mentions.is_empty());
}

async fn a_finding_must_name_the_right_room(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "@ben")).await;
    let astray = |id: &str| {
        let Change::Enrich(finding) = finding(&hello, mentions(&["ben"])) else {
            unreachable!()
        };
        Change::Enrich(Enrichment {
            room_id: super::scene::room(id),
            ..finding
        })
    };
    for id in ["attic", "absent"] {
        assert_eq!(scene.commit_one(astray(id)).await, Outcome::Unchanged);
    }
    scene.delete_room("hall").await;
    let late = scene.commit_one(finding(&hello, mentions(&["ben"]))).await;
    assert_eq!(late, Outcome::Unchanged);
}

async fn a_preview_that_says_less_is_no_news(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "https://a.example")).await;
    let bare = preview("https://a.example");
    let full = Preview {
        title: Some("A \"title\"".into()),
        site_name: Some("Example".into()),
        ..bare.clone()
    };
    let renamed = Preview {
        title: Some("Another title".into()),
        ..full.clone()
    };
    let with = |it: &Preview| finding(&hello, Found::Previews(vec![it.clone()]));

    committed(scene.commit_one(with(&bare)).await);
    assert_eq!(
        committed(scene.commit_one(with(&full)).await).previews[0],
        full
    );
    assert_eq!(scene.commit_one(with(&bare)).await, Outcome::Unchanged);
    assert_eq!(
        committed(scene.commit_one(with(&renamed)).await).previews,
        [renamed]
    );
}

async fn a_repeat_shows_the_message_as_it_is_now(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let asked = keyed("ada", "hall", "@ben", "c-1");
    let hello = scene.send(asked.clone()).await;
    let again = Change::Send(NewMessage {
        job: JobId::fresh(),
        ..asked
    });

    let batch = [again.clone(), finding(&hello, mentions(&["ben"])), again];
    let outcomes = scene.commit(&batch).await;

    assert_eq!(repeated(outcomes[0].clone()), hello);
    let enriched = committed(outcomes[1].clone());
    assert_eq!(
        scene.commit_one(batch[0].clone()).await,
        Outcome::Already(RoomChange::New(enriched))
    );
}

async fn unread_mentions_are_those_after_what_was_read(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy"]).await;
    let say = async |content: &str, names: &[&str]| {
        let message = scene.send(text("ada", "hall", content)).await;
        if !names.is_empty() {
            committed(scene.commit_one(finding(&message, mentions(names))).await);
        }
    };
    say("@ben", &["ben"]).await;
    scene.send(text("ben", "hall", "yes?")).await;
    say("@cy @ben", &["cy", "ben"]).await;
    say("nobody", &[]).await;
    say("@cy", &["cy"]).await;
    say("@ben", &["ben"]).await;

    let counts = async |name: &str| {
        let standing = scene.standing("hall", name).await;
        (
            standing.last_read_seq,
            standing.unread,
            standing.unread_mentions,
        )
    };
    assert_eq!(counts("ben").await, (2, 4, 2));
    assert_eq!(counts("cy").await, (0, 6, 2));
    assert_eq!(counts("ada").await, (6, 0, 0));
}

async fn who_is_no_longer_mentioned_has_no_unread_mention(scene: Scene) {
    scene.room("hall", &["ada", "ben", "cy", "dan"]).await;
    let hello = scene.send(text("ada", "hall", "@ben @cy")).await;
    for found in [mentions(&["ben", "cy"]), mentions(&["cy", "dan"])] {
        committed(scene.commit_one(finding(&hello, found)).await);
    }
    let mut unread = Vec::new();
    for name in ["ben", "cy", "dan"] {
        unread.push(scene.standing("hall", name).await.unread_mentions);
    }
    assert_eq!(unread, [0, 1, 1]);
}

async fn the_job_of_a_message_says_where_it_is_and_whose(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let first = text("ada", "hall", "hello");
    let hello = scene.send(first.clone()).await;
    let reply = NewMessage {
        reply_to: Some(hello.id),
        ..text("ben", "hall", "yes?")
    };
    // Once among sends alone, once beside something else.
    let batch = [
        finding(&hello, mentions(&["ben"])),
        Change::Send(reply.clone()),
    ];
    let answer = committed(scene.commit(&batch).await.remove(1));
    let edited = committed(scene.commit_one(edit("ben", &answer, "no")).await);

    let told = |message: &Message, content_rev| EnrichMessage {
        room_id: message.room_id.clone(),
        message_id: message.id,
        content_rev,
        content: message.content.clone(),
        seq: Some(message.seq),
        user_id: Some(message.user_id.clone()),
        reply_to: message.reply_to,
        trace: None,
    };
    let mut jobs: Vec<_> = scene
        .all_jobs()
        .await
        .into_iter()
        .map(|(_, job)| job)
        .collect();
    jobs.sort_unstable_by_key(|job| job.content_rev);
    assert_eq!(jobs, [told(&hello, 1), told(&answer, 3), told(&edited, 4)]);
}

fn preview(url: &str) -> Preview {
    Preview {
        url: url.into(),
        title: None,
        description: None,
        image_url: None,
        site_name: None,
    }
}
