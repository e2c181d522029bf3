//! What every adapter of the cache port must do.

mod model;
mod only_on_redis;
mod races;

use std::sync::Arc;

use belfry::{
    adapters::memory::MemoryCache,
    domain::{
        change::RoomChange,
        id::{ClientId, MessageId, RoomId, UserId},
        message::{Claps, Message, MessageKind, Preview, Reaction},
        room::{Room, Visibility},
        timestamp::Timestamp,
    },
    ports::cache::{RECENT_MAX, Recent, RecentCache},
};

use crate::support::redis::Corner;

/// One cache as two replicas see it; in memory they are the same.
struct Caches {
    here: Arc<dyn RecentCache>,
    there: Arc<dyn RecentCache>,
}

macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod in_memory {
            $(#[tokio::test]
            async fn $story() {
                super::$story(super::memory()).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test]
            async fn $story() {
                let Some(corner) = super::Corner::open() else { return };
                let ((here, _), (there, _)) = (corner.patient_replica().await, corner.patient_replica().await);
                super::$story(super::Caches { here: here.cache.clone(), there: there.cache.clone() }).await;
            })*
        }
    };
}

stories![
    a_room_without_a_list_stays_without,
    a_list_is_read_as_it_was_filled,
    new_messages_go_on_and_the_oldest_fall_out,
    an_update_takes_its_messages_place,
    an_update_of_an_older_message_only_moves_the_revision,
    a_list_that_missed_a_change_stays_behind,
    a_list_in_the_middle_of_the_changes_takes_the_rest,
    a_list_at_or_above_the_changes_stays,
    changes_with_a_hole_lead_up_to_the_hole,
    a_fill_never_goes_back,
    a_fill_keeps_the_newest,
    an_empty_room_has_an_empty_list,
    a_commit_over_several_rooms_reaches_each,
    whatever_happens_to_a_message_takes_its_place,
    a_change_of_the_room_itself_moves_the_revision_alone,
    the_list_goes_with_its_room,
    whoever_reads_finds_a_list_as_the_room_was,
];

fn memory() -> Caches {
    let cache = Arc::new(MemoryCache::default());
    Caches {
        here: cache.clone(),
        there: cache,
    }
}

async fn a_room_without_a_list_stays_without(caches: Caches) {
    let room = room("quiet");
    assert_eq!(caches.here.read(&room).await.unwrap(), None);
    caches.here.append(&[new(&room, 1, 1)]).await.unwrap();
    assert_eq!(caches.there.read(&room).await.unwrap(), None);
}

async fn a_list_is_read_as_it_was_filled(caches: Caches) {
    let room = room("rich");
    let mut rich = message(&room, 2, 5);
    rich.content = "a \"quoted\" line\nand 🔔 {braces}".into();
    rich.client_id = ClientId::parse("c-1").ok();
    rich.reply_to = Some(MessageId::fresh());
    rich.edited_at = Some(Timestamp::from_millis(1_700_000_000_123));
    rich.claps = Claps {
        total: 7,
        mine: None,
    };
    rich.reactions = vec![Reaction {
        emoji: "🎉".into(),
        count: 2,
        mine: None,
    }];
    rich.mentions = vec![user("ada")];
    rich.previews = vec![Preview {
        url: "https://example.org/?a=1&b=2".into(),
        title: Some("Title".into()),
        description: None,
        image_url: None,
        site_name: None,
    }];
    let recent = Recent {
        rev: 5,
        messages: vec![Arc::new(message(&room, 1, 1)), Arc::new(rich)],
    };
    caches.here.fill(&room, &recent).await.unwrap();
    assert_eq!(caches.there.read(&room).await.unwrap(), Some(recent));
}

async fn new_messages_go_on_and_the_oldest_fall_out(caches: Caches) {
    let room = room("busy");
    let full = RECENT_MAX as i64;
    let filled = list(&room, 1..=full);
    caches.here.fill(&room, &filled).await.unwrap();
    let next = [
        new(&room, full + 1, full + 1),
        new(&room, full + 2, full + 2),
        new(&room, full + 3, full + 3),
    ];
    caches.there.append(&next[..1]).await.unwrap();
    caches.here.append(&next[1..]).await.unwrap();
    let recent = caches.here.read(&room).await.unwrap().unwrap();
    assert_eq!(recent.rev, full + 3);
    let seqs: Vec<i64> = recent.messages.iter().map(|it| it.seq).collect();
    assert_eq!(seqs, (4..=full + 3).collect::<Vec<_>>());
}

async fn an_update_takes_its_messages_place(caches: Caches) {
    let room = room("edited");
    caches.here.fill(&room, &list(&room, 1..=5)).await.unwrap();
    let changes = [
        updated(&room, 3, 6),
        new(&room, 6, 7),
        updated(&room, 6, 8),
        updated(&room, 1, 9),
    ];
    caches.here.append(&changes).await.unwrap();
    let recent = caches.there.read(&room).await.unwrap().unwrap();
    let revs: Vec<(i64, i64)> = recent.messages.iter().map(|it| (it.seq, it.rev)).collect();
    assert_eq!(recent.rev, 9);
    assert_eq!(revs, [(1, 9), (2, 2), (3, 6), (4, 4), (5, 5), (6, 8)]);
}

async fn an_update_of_an_older_message_only_moves_the_revision(caches: Caches) {
    let room = room("deep");
    let mut recent = list(&room, 11..=20);
    caches.here.fill(&room, &recent).await.unwrap();
    caches.here.append(&[updated(&room, 10, 21)]).await.unwrap();
    recent.rev = 21;
    assert_eq!(caches.here.read(&room).await.unwrap(), Some(recent));
}

async fn a_list_that_missed_a_change_stays_behind(caches: Caches) {
    let room = room("behind");
    let stands = list(&room, 1..=5);
    caches.here.fill(&room, &stands).await.unwrap();
    caches.here.append(&[new(&room, 7, 7)]).await.unwrap();
    assert_eq!(
        caches.there.read(&room).await.unwrap().as_ref(),
        Some(&stands)
    );
    // Whoever read it brought it forward.
    let filled = list(&room, 1..=7);
    caches.there.fill(&room, &filled).await.unwrap();
    caches.here.append(&[new(&room, 8, 8)]).await.unwrap();
    assert_eq!(caches.here.read(&room).await.unwrap().unwrap().rev, 8);
}

async fn a_list_in_the_middle_of_the_changes_takes_the_rest(caches: Caches) {
    let room = room("middle");
    caches.here.fill(&room, &list(&room, 1..=5)).await.unwrap();
    let changes = [new(&room, 4, 4), new(&room, 5, 5), new(&room, 6, 6)];
    caches.here.append(&changes).await.unwrap();
    let recent = caches.here.read(&room).await.unwrap();
    assert_eq!(recent, Some(list(&room, 1..=6)));
}

async fn a_list_at_or_above_the_changes_stays(caches: Caches) {
    let room = room("ahead");
    let filled = list(&room, 1..=5);
    caches.here.fill(&room, &filled).await.unwrap();
    let old = [updated(&room, 1, 4), updated(&room, 2, 5)];
    caches.there.append(&old).await.unwrap();
    assert_eq!(caches.here.read(&room).await.unwrap(), Some(filled));
}

async fn changes_with_a_hole_lead_up_to_the_hole(caches: Caches) {
    let (by_rev, by_seq) = (room("hole-in-rev"), room("hole-in-seq"));
    for room in [&by_rev, &by_seq] {
        caches.here.fill(room, &list(room, 1..=5)).await.unwrap();
    }
    let changes = [
        new(&by_rev, 6, 6),
        new(&by_rev, 7, 8),
        new(&by_seq, 6, 6),
        new(&by_seq, 8, 7),
    ];
    caches.here.append(&changes).await.unwrap();
    let up_to_it = caches.here.read(&by_rev).await.unwrap();
    assert_eq!(up_to_it, Some(list(&by_rev, 1..=6)));
    assert_eq!(
        caches.here.read(&by_seq).await.unwrap(),
        None,
        "this cannot be"
    );
}

async fn a_fill_never_goes_back(caches: Caches) {
    let room = room("filled");
    let stands = list(&room, 1..=5);
    caches.here.fill(&room, &stands).await.unwrap();
    let mut same = list(&room, 1..=4);
    for rev in [4, 5] {
        same.rev = rev;
        caches.there.fill(&room, &same).await.unwrap();
        let recent = caches.here.read(&room).await.unwrap();
        assert_eq!(recent.as_ref(), Some(&stands), "a fill at {rev} over 5");
    }
    let newer = list(&room, 3..=6);
    caches.there.fill(&room, &newer).await.unwrap();
    assert_eq!(caches.here.read(&room).await.unwrap(), Some(newer));
}

async fn a_fill_keeps_the_newest(caches: Caches) {
    let room = room("long");
    let full = RECENT_MAX as i64;
    let long = list(&room, 1..=full + 20);
    caches.here.fill(&room, &long).await.unwrap();
    let kept = list(&room, 21..=full + 20);
    assert_eq!(caches.here.read(&room).await.unwrap(), Some(kept));
}

async fn an_empty_room_has_an_empty_list(caches: Caches) {
    let room = room("empty");
    let empty = Recent {
        rev: 0,
        messages: Vec::new(),
    };
    caches.here.fill(&room, &empty).await.unwrap();
    assert_eq!(caches.there.read(&room).await.unwrap(), Some(empty));
    caches.there.append(&[new(&room, 1, 1)]).await.unwrap();
    let recent = caches.here.read(&room).await.unwrap().unwrap();
    assert_eq!((recent.rev, recent.messages.len()), (1, 1));
}

async fn a_commit_over_several_rooms_reaches_each(caches: Caches) {
    let (red, blue, none) = (room("red"), room("blue"), room("none"));
    caches.here.fill(&red, &list(&red, 1..=2)).await.unwrap();
    caches.here.fill(&blue, &list(&blue, 1..=8)).await.unwrap();
    let changes = [
        new(&red, 3, 3),
        new(&blue, 9, 9),
        new(&none, 1, 1),
        new(&red, 4, 4),
        updated(&blue, 9, 10),
    ];
    caches.here.append(&changes).await.unwrap();
    let red = caches.there.read(&red).await.unwrap().unwrap();
    let blue = caches.there.read(&blue).await.unwrap().unwrap();
    assert_eq!((red.rev, red.messages.len()), (4, 4));
    assert_eq!((blue.rev, blue.messages.len()), (10, 9));
    assert_eq!(blue.messages[8].rev, 10);
    assert_eq!(caches.there.read(&none).await.unwrap(), None);
}

async fn whatever_happens_to_a_message_takes_its_place(caches: Caches) {
    let room = room("applauded");
    caches.here.fill(&room, &list(&room, 1..=3)).await.unwrap();
    let mut changes = Vec::new();
    for kind in ["deleted", "clapped", "reacted"] {
        let rev = 4 + changes.len() as i64;
        changes.push(acted(kind, message(&room, rev - 3, rev)));
    }
    caches.here.append(&changes).await.unwrap();
    let recent = caches.there.read(&room).await.unwrap().unwrap();
    let revs: Vec<(i64, i64)> = recent.messages.iter().map(|it| (it.seq, it.rev)).collect();
    assert_eq!((recent.rev, revs), (6, vec![(1, 4), (2, 5), (3, 6)]));
    // A message that the list should hold and does not.
    let unknown = acted("clapped", message(&room, 4, 7));
    caches.here.append(&[unknown]).await.unwrap();
    assert_eq!(caches.there.read(&room).await.unwrap(), None);
}

async fn a_change_of_the_room_itself_moves_the_revision_alone(caches: Caches) {
    let room = room("renamed");
    let mut recent = list(&room, 1..=3);
    caches.here.fill(&room, &recent).await.unwrap();
    caches.here.append(&[renamed(&room, 4)]).await.unwrap();
    recent.rev = 4;
    assert_eq!(
        caches.there.read(&room).await.unwrap().as_ref(),
        Some(&recent)
    );
    let both = [new(&room, 4, 5), renamed(&room, 6)];
    caches.there.append(&both).await.unwrap();
    let grown = caches.here.read(&room).await.unwrap().unwrap();
    assert_eq!((grown.rev, grown.messages.len()), (6, 4));
    caches.there.append(&[renamed(&room, 8)]).await.unwrap();
    assert_eq!(caches.here.read(&room).await.unwrap(), Some(grown));
}

async fn the_list_goes_with_its_room(caches: Caches) {
    let room = room("ended");
    caches.here.fill(&room, &list(&room, 1..=3)).await.unwrap();
    let closed = RoomChange::Closed {
        room_id: room.clone(),
        rev: 5,
    };
    let last = [new(&room, 4, 4), closed];
    caches.there.append(&last).await.unwrap();
    assert_eq!(caches.here.read(&room).await.unwrap(), None);
}

async fn whoever_reads_finds_a_list_as_the_room_was(caches: Caches) {
    tokio::task::spawn_blocking(move || {
        model::check(&[caches.here.clone(), caches.there.clone()]);
    })
    .await
    .unwrap();
}

pub(crate) fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

/// A room in which nothing but sending has happened, so that `rev` and `seq` are the same: those messages, at the last of them.
pub(crate) fn list(room: &RoomId, seqs: std::ops::RangeInclusive<i64>) -> Recent {
    Recent {
        rev: *seqs.end(),
        messages: seqs.map(|seq| Arc::new(message(room, seq, seq))).collect(),
    }
}

pub(crate) fn new(room: &RoomId, seq: i64, rev: i64) -> RoomChange {
    RoomChange::New(Arc::new(message(room, seq, rev)))
}

fn updated(room: &RoomId, seq: i64, rev: i64) -> RoomChange {
    RoomChange::Updated(Arc::new(message(room, seq, rev)))
}

/// A change of that kind that leaves the message so.
pub(crate) fn acted(kind: &str, message: Message) -> RoomChange {
    let message = Arc::new(message);
    match kind {
        "deleted" => RoomChange::Deleted(message),
        "clapped" => RoomChange::Clapped {
            message,
            by: Vec::new(),
        },
        "reacted" => RoomChange::Reacted {
            message,
            user_id: user("ada"),
            emoji: "👍".into(),
            on: true,
        },
        _ => RoomChange::Updated(message),
    }
}

/// The room gets another name.
pub(crate) fn renamed(room: &RoomId, rev: i64) -> RoomChange {
    RoomChange::Room(Arc::new(Room {
        id: room.clone(),
        name: format!("as of {rev}"),
        topic: None,
        visibility: Visibility::Public,
        created_by: user("ada"),
        created_at: Timestamp::from_millis(1_700_000_000_000),
        rev,
        last_seq: 0,
        member_count: 1,
    }))
}

/// A message that depends on nothing but its place and revision.
pub(crate) fn message(room: &RoomId, seq: i64, rev: i64) -> Message {
    Message {
        id: MessageId(uuid::Uuid::from_u128(seq as u128)),
        room_id: room.clone(),
        seq,
        rev,
        user_id: user("ada"),
        username: Arc::from("Ada"),
        content: format!("message {seq} as of {rev}"),
        kind: MessageKind::Text,
        timestamp: Timestamp::from_millis(1_700_000_000_000 + seq),
        client_id: None,
        reply_to: None,
        edited_at: None,
        deleted_at: None,
        claps: Claps::default(),
        reactions: Vec::new(),
        mentions: Vec::new(),
        previews: Vec::new(),
    }
}
