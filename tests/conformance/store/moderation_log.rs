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
    let count = async |who: &str, seq: Seq, texts: &[&str], seconds: u64| {
        let within = Duration::from_secs(seconds);
        let (place, who) = (room("hall"), user(who));
        let count = scene.store.repeats(&place, seq, &who, texts, within);
        count.await.unwrap()
    };
    assert_eq!(count("ada", last, &["spam"], 60).await, 2);
    assert_eq!(count("ada", last, &["spam", "****"], 60).await, 3);
    assert_eq!(count("ada", last, &["spam", "****"], 5).await, 2);
    assert_eq!(count("ada", last, &["spam"], 1).await, 0);
    assert_eq!(count("ben", last, &["spam"], 60).await, 1);
    assert_eq!(count("ada", 1, &["spam"], 60).await, 0);
    assert_eq!(count("ada", 999, &["spam"], 60).await, 0);
    assert_eq!(count("ada", last, &[], 60).await, 0);
    // Only the 50 before it.
    scene.chatter("ben", "hall", 49).await;
    let far = say("ada", "hall", "spam", 20).await;
    assert_eq!(count("ada", far, &["spam"], 60).await, 1);
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
