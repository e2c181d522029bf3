//! The log of what the operator's rules have done, who reads it, and what is asked for the rules about repeats.

use std::time::Duration;

use belfry::{
    domain::{
        Seq,
        change::{Change, Enrichment, Found, NewMessage, Outcome},
        id::RoomId,
        message::Message,
        moderation::ModerationAction,
        room::Visibility,
        timestamp::Timestamp,
    },
    ports::store::Moderated,
};

use super::{
    asking::{edit, masked, removed},
    scene::{Scene, committed, finding, room, text, user},
};

super::stories!(
    the_log_tells_what_was_done_and_why,
    the_log_is_read_in_pages,
    nothing_is_noted_of_what_was_not_done,
    the_last_deed_about_a_text_is_the_one_that_is_told,
    repeats_are_counted_by_user_room_text_and_time,
    those_who_moderate_a_room_are_found,
    a_deleted_room_tells_nothing,
    what_is_old_is_forgotten_in_batches_and_the_oldest_first,
);

async fn the_log_tells_what_was_done_and_why(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    let darn = scene.send(text("ada", "hall", "darn")).await;
    let buy = scene.send(text("ben", "hall", "buy 'this' \"now\"")).await;
    let (mask, removal) = (masked("****", &[]), removed("An \"advert\"; it's one"));
    let expected = [
        entry(&buy, buy.rev, &removal, ModerationAction::Remove),
        entry(&darn, darn.rev, &mask, ModerationAction::Mask),
    ];

    scene
        .commit(&[finding(&darn, mask), finding(&buy, removal)])
        .await;

    assert_eq!(log(&scene, "hall").await, expected);
}

async fn the_log_is_read_in_pages(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let mut darn = scene.send(text("ada", "hall", "darn")).await;
    let mut revs = Vec::new();
    for round in 0..5 {
        committed(scene.commit_one(finding(&darn, masked("*", &[]))).await);
        revs.insert(0, darn.rev);
        let again = edit("ada", &darn, &format!("darn {round}"));
        darn = committed(scene.commit_one(again).await);
    }
    let read = async |before, limit| {
        let page = scene.store.moderation(&room("hall"), before, limit).await;
        page.unwrap()
            .into_iter()
            .map(|it| it.content_rev)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        read(None, 10).await,
        revs,
        "one for each text, of one message"
    );
    assert_eq!(read(None, 2).await, revs[..2]);
    assert_eq!(read(Some(revs[1]), 2).await, revs[2..4]);
    assert!(read(Some(revs[4]), 2).await.is_empty());
}

async fn nothing_is_noted_of_what_was_not_done(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let darn = scene.send(text("ada", "hall", "darn")).await;
    committed(scene.commit_one(edit("ada", &darn, "fine")).await);
    let Change::Enrich(late) = finding(&darn, masked("****", &[])) else {
        unreachable!()
    };
    let astray = Enrichment {
        room_id: RoomId::parse("elsewhere").unwrap(),
        ..late.clone()
    };
    for found in [late, astray] {
        let outcome = scene.commit_one(Change::Enrich(found)).await;
        assert_eq!(outcome, Outcome::Unchanged);
    }
    assert_eq!(log(&scene, "hall").await, []);
}

async fn the_last_deed_about_a_text_is_the_one_that_is_told(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let darn = scene.send(text("ada", "hall", "darn")).await;
    committed(scene.commit_one(finding(&darn, masked("****", &[]))).await);
    let removal = removed("Too much");
    let expected = entry(&darn, darn.rev, &removal, ModerationAction::Remove);
    committed(scene.commit_one(finding(&darn, removal)).await);
    assert_eq!(log(&scene, "hall").await, [expected]);
}

async fn repeats_are_counted_by_user_room_text_and_time(scene: Scene) {
    scene.room("hall", &["ada", "ben"]).await;
    scene.room("attic", &["ada"]).await;
    let begin = Timestamp::now().as_millis();
    let say = async |who: &str, place: &str, content: &str, second: i64| {
        let at = Timestamp::from_millis(begin + 1_000 * second);
        let message = NewMessage {
            at,
            ..text(who, place, content)
        };
        scene.send(message).await.seq
    };
    say("ada", "attic", "spam", 0).await;
    say("ada", "hall", "spam", 0).await;
    say("ada", "hall", "****", 5).await;
    say("ben", "hall", "spam", 6).await;
    say("ada", "hall", "Spam", 7).await;
    say("ada", "hall", "spam", 8).await;
    let last = say("ada", "hall", "spam", 10).await;
    say("ada", "hall", "spam", 11).await;
    let ages = async |who: &str, seq: Seq, texts: &[&str], seconds: u64| {
        let within = Duration::from_secs(seconds);
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let (place, who) = (room("hall"), user(who));
        let ages = scene.store.repeats(&place, seq, &who, &texts, within).await;
        let mut ages: Vec<u64> = ages.unwrap().iter().map(Duration::as_secs).collect();
        ages.sort_unstable();
        ages
    };
    let none: [u64; 0] = [];
    assert_eq!(ages("ada", last, &["spam"], 60).await, [2, 10]);
    assert_eq!(ages("ada", last, &["spam", "****"], 60).await, [2, 5, 10]);
    assert_eq!(ages("ada", last, &["spam", "****"], 5).await, [2, 5]);
    assert_eq!(ages("ada", last, &["spam"], 1).await, none);
    assert_eq!(ages("ben", last, &["spam"], 60).await, [4]);
    assert_eq!(ages("ada", 1, &["spam"], 60).await, none);
    assert_eq!(ages("ada", 999, &["spam"], 60).await, none);
    assert_eq!(ages("ada", last, &[], 60).await, none);
    // Only the 50 before it.
    scene.chatter("ben", "hall", 49).await;
    let far = say("ada", "hall", "spam", 20).await;
    assert_eq!(ages("ada", far, &["spam"], 60).await, [9]);
}

async fn what_is_old_is_forgotten_in_batches_and_the_oldest_first(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let now = Timestamp::now().as_millis();
    let day = |n: i64| Timestamp::from_millis(now + 86_400_000 * n);
    let mut revs = Vec::new();
    for n in 0..5 {
        let darn = scene.send(text("ada", "hall", "darn")).await;
        let mut found = masked("****", &[]);
        if let Found::Reading {
            ruling: Some(ruling),
            ..
        } = &mut found
        {
            ruling.at = day(n);
        }
        committed(scene.commit_one(finding(&darn, found)).await);
        revs.insert(0, darn.rev);
    }
    let left = async || {
        let log = log(&scene, "hall").await;
        log.iter().map(|it| it.content_rev).collect::<Vec<_>>()
    };
    let forget = async |before, limit| {
        let forgotten = scene.store.forget_moderation(before, limit).await;
        forgotten.unwrap()
    };
    assert_eq!(forget(day(0), 10).await, 0);
    assert_eq!(forget(day(4), 3).await, 3, "the oldest first");
    assert_eq!(left().await, revs[..2]);
    assert_eq!(forget(day(4), 3).await, 1);
    assert_eq!(left().await, revs[..1]);
    let texts: Vec<_> = scene
        .history("hall")
        .await
        .into_iter()
        .map(|it| it.content)
        .collect();
    assert_eq!(texts, ["****"; 5], "and what was done stays done");
}

async fn those_who_moderate_a_room_are_found(scene: Scene) {
    scene.room_of_roles(Visibility::Public, "hall").await;
    let mut found = scene.store.moderators(&room("hall")).await.unwrap();
    found.sort_unstable();
    assert_eq!(found, ["moderator", "owner"].map(user));
    let nobody = scene.store.moderators(&room("nowhere")).await.unwrap();
    assert_eq!(nobody, []);
}

async fn a_deleted_room_tells_nothing(scene: Scene) {
    scene.room("hall", &["ada"]).await;
    let darn = scene.send(text("ada", "hall", "darn")).await;
    committed(scene.commit_one(finding(&darn, masked("****", &[]))).await);
    scene.delete_room("hall").await;
    assert_eq!(log(&scene, "hall").await, []);
    assert_eq!(scene.store.moderators(&room("hall")).await.unwrap(), []);
}

pub async fn log(scene: &Scene, id: &str) -> Vec<Moderated> {
    let log = scene.store.moderation(&room(id), None, 100).await;
    log.unwrap()
}

fn entry(
    message: &Message,
    content_rev: i64,
    found: &Found,
    action: ModerationAction,
) -> Moderated {
    let ruling = found.ruling().unwrap();
    Moderated {
        room_id: message.room_id.clone(),
        message_id: message.id,
        seq: message.seq,
        content_rev,
        user_id: message.user_id.clone(),
        action,
        reason: ruling.reason.clone(),
        at: ruling.at,
    }
}
