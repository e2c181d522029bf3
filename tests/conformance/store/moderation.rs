//! What the operator's rules do to messages.

use belfry::domain::{
    change::{Change, Found, Outcome, Refusal, RoomChange},
    message::{Message, Preview},
    moderation::Ruling,
};

use super::{
    asking::{clap, edit, erase, masked, react, removed},
    moderation_log::log,
    scene::{Scene, committed, finding, keyed, mentions, refused, repeated, room, text, user},
};
use crate::support::databases::Backend;

super::stories!(
    a_mask_and_mentions_are_one_revision,
    a_mask_is_put_on_once,
    a_mask_leaves_what_else_was_found,
    what_is_found_in_a_masked_text_still_applies,
    a_text_that_was_edited_meanwhile_is_not_touched,
    a_removed_message_is_deleted_for_good,
    what_a_removed_message_carried_goes_with_it,
    a_deleted_message_is_neither_masked_nor_removed,
    a_repeat_of_a_send_shows_what_the_rules_have_left,
    each_room_of_a_batch_gets_its_own,
    a_replica_of_the_version_before_goes_on_enriching,
);

async fn a_mask_and_mentions_are_one_revision(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "darn you @ben")).await;

    let found = finding(&hello, masked("**** you @ben", &["ben"]));
    let outcome = scene.commit_one(found).await;

    let mut expected = (*hello).clone();
    expected.rev = 2;
    expected.content = "**** you @ben".into();
    expected.mentions = vec![user("ben")];
    let Outcome::Committed(RoomChange::Updated(told)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(*told, expected, "and nobody has edited it");
    assert_eq!(scene.history("hall").await, [expected.clone()]);
    let changes = scene.store.changes(&room("hall"), 1, 10).await.unwrap();
    assert_eq!(changes.unwrap().messages, [expected]);
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 1);
}

async fn a_mask_is_put_on_once(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "darn @ben")).await;
    let found = || finding(&hello, masked("**** @ben", &["ben"]));
    let told = committed(scene.commit_one(found()).await);
    let log = log(&scene, "hall").await;

    for again in [found(), finding(&hello, mentions(&["ben"]))] {
        assert_eq!(scene.commit_one(again).await, Outcome::Unchanged);
    }

    assert_eq!(scene.history("hall").await, [(*told).clone()]);
    assert_eq!(self::log(&scene, "hall").await, log);
}

async fn a_mask_leaves_what_else_was_found(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "darn @ben")).await;
    scene.commit_one(finding(&hello, mentions(&["ben"]))).await;
    let applauded = committed(scene.commit_one(clap(&hello, &[("ben", 3)])).await);

    let told = committed(
        scene
            .commit_one(finding(&hello, masked("**** @ben", &[])))
            .await,
    );

    let mut expected = (*applauded).clone();
    expected.rev = 4;
    expected.content = "**** @ben".into();
    assert_eq!(*told, expected);
    assert_eq!(scene.history("hall").await, [expected]);
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 1);
}

async fn what_is_found_in_a_masked_text_still_applies(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene
        .send(text("ada", "hall", "darn https://a.example"))
        .await;
    let mask = finding(&hello, masked("**** https://a.example", &[]));
    let links = || finding(&hello, Found::Previews(vec![preview("https://a.example")]));

    let told = scene.commit(&[mask, links()]).await;

    let both = committed(told[1].clone());
    assert_eq!((both.rev, &*both.content), (3, "**** https://a.example"));
    assert_eq!(both.previews, [preview("https://a.example")]);
    assert_eq!(scene.history("hall").await, [(*both).clone()]);
    assert_eq!(scene.commit_one(links()).await, Outcome::Unchanged);
}

async fn a_text_that_was_edited_meanwhile_is_not_touched(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "darn")).await;
    let edited = committed(scene.commit_one(edit("ada", &hello, "sorry")).await);

    for found in [masked("****", &[]), removed("Too much")] {
        let late = scene.commit_one(finding(&hello, found)).await;
        assert_eq!(late, Outcome::Unchanged);
    }
    assert_eq!(scene.history("hall").await, [(*edited).clone()]);

    // Masked, and then edited: the new text is judged for itself.
    scene
        .commit_one(finding(&edited, masked("*****", &[])))
        .await;
    let again = committed(scene.commit_one(edit("ada", &hello, "darn it")).await);
    assert_eq!((&*again.content, again.rev), ("darn it", 4));
    let told = scene
        .commit_one(finding(&again, masked("**** it", &[])))
        .await;
    assert_eq!(&*committed(told).content, "**** it");
}

async fn a_removed_message_is_deleted_for_good(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "buy this now")).await;
    let found = removed("Advertising");
    let at = found.ruling().map(|ruling: &Ruling| ruling.at);

    let outcome = scene.commit_one(finding(&hello, found)).await;

    let mut expected = (*hello).clone();
    expected.rev = 2;
    expected.content = String::new();
    expected.deleted_at = at;
    let Outcome::Committed(RoomChange::Deleted(told)) = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(*told, expected);
    assert_eq!(scene.history("hall").await, [expected.clone()]);
    for act in [
        edit("ada", &hello, "buy that now"),
        react("ben", &hello, "👍"),
        clap(&hello, &[("ben", 1)]),
    ] {
        assert_eq!(refused(scene.commit_one(act).await), Refusal::Deleted);
    }
    let again = finding(&hello, removed("Advertising"));
    assert_eq!(scene.commit_one(again).await, Outcome::Unchanged);
    let erased = scene.commit_one(erase("ada", &hello)).await;
    assert!(matches!(erased, Outcome::Already(_)));
    assert_eq!(scene.history("hall").await, [expected]);
}

async fn what_a_removed_message_carried_goes_with_it(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene
        .send(text("ada", "hall", "buy @ben https://a.example"))
        .await;
    let links = Found::Previews(vec![preview("https://a.example")]);
    for found in [mentions(&["ben"]), links.clone()] {
        committed(scene.commit_one(finding(&hello, found)).await);
    }
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 1);

    let told = committed(
        scene
            .commit_one(finding(&hello, removed("Advertising")))
            .await,
    );

    assert!(told.mentions.is_empty() && told.previews.is_empty());
    assert_eq!(scene.history("hall").await, [(*told).clone()]);
    assert_eq!(scene.standing("hall", "ben").await.unread_mentions, 0);
    let late = scene.commit_one(finding(&hello, links)).await;
    assert_eq!(late, Outcome::Unchanged);
}

async fn a_deleted_message_is_neither_masked_nor_removed(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let hello = scene.send(text("ada", "hall", "darn")).await;
    let erased = committed(scene.commit_one(erase("ada", &hello)).await);
    for found in [masked("****", &[]), removed("Too much")] {
        let late = scene.commit_one(finding(&hello, found)).await;
        assert_eq!(late, Outcome::Unchanged);
    }
    assert_eq!(scene.history("hall").await, [(*erased).clone()]);
    assert_eq!(log(&scene, "hall").await, []);
}

async fn a_repeat_of_a_send_shows_what_the_rules_have_left(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let asked = keyed("ada", "hall", "darn", "c-1");
    let hello = scene.send(asked.clone()).await;
    let told = committed(scene.commit_one(finding(&hello, masked("****", &[]))).await);
    let again = scene.commit_one(Change::Send(asked)).await;
    assert_eq!(repeated(again), told);
}

async fn each_room_of_a_batch_gets_its_own(scene: Scene) {
    for id in ["hall", "attic"] {
        scene.room(id, &["ada", "ben"]).await;
    }
    let darn = scene.send(text("ada", "hall", "darn")).await;
    let fine = scene.send(text("ada", "hall", "@ben")).await;
    let buy = scene.send(text("ada", "attic", "buy")).await;

    let batch = [
        finding(&darn, masked("****", &[])),
        Change::Send(text("ben", "hall", "hm")),
        finding(&fine, mentions(&["ben"])),
        finding(&buy, removed("Advertising")),
    ];
    let revs: Vec<_> = (scene.commit(&batch).await.into_iter())
        .map(|outcome| committed(outcome).rev)
        .collect();

    assert_eq!(revs, [3, 4, 5, 2]);
    let texts =
        |history: Vec<Message>| history.into_iter().map(|it| it.content).collect::<Vec<_>>();
    assert_eq!(texts(scene.history("hall").await), ["****", "@ben", "hm"]);
    assert_eq!(texts(scene.history("attic").await), [""]);
    assert_eq!(log(&scene, "hall").await.len(), 1);
    assert_eq!(log(&scene, "attic").await.len(), 1);
}

/// It calls the function with the parameters of its time. SQLite serves one process, so there is none beside it.
async fn a_replica_of_the_version_before_goes_on_enriching(scene: Scene) {
    if scene.database.backend == Backend::Sqlite {
        return;
    }
    scene.room("hall", &["ada", "ben"]).await;
    let hello = scene.send(text("ada", "hall", "darn @ben")).await;
    committed(
        scene
            .commit_one(finding(&hello, masked("**** @ben", &[])))
            .await,
    );
    let call = format!(
        "SELECT concat_ws(' ', c.verdict, c.rev, c.known_content) FROM commit_changes(ARRAY['hall'], '{{}}', '{{}}', '{{}}', '{{}}', \
         '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', '{{}}', ARRAY[0], ARRAY['hall'], ARRAY['{}'::uuid], ARRAY[{}], ARRAY['[\"ben\"]'], \
         ARRAY[NULL::text], '{{}}', interval '30 s', NULL::json, NULL::json, NULL::json) c",
        hello.id, hello.rev
    );
    let answer = scene.database.ask(&call).await;
    assert_eq!(answer.as_deref(), Some("enriched 3 **** @ben"));
    let history = scene.history("hall").await;
    assert_eq!(history[0].mentions, [user("ben")]);
    assert_eq!(
        scene.database.ask(&call).await,
        None,
        "and changes nothing twice"
    );
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
