//! A timeline that was told of changes in any mixture of ways knows what the room's true history says.

use std::{collections::BTreeMap, sync::Arc};

use belfry::{
    domain::{
        Rev, Seq,
        change::RoomChange,
        id::{MessageId, RoomId, UserId},
        message::{Claps, Message, MessageKind},
        room::{Room, Visibility},
        timestamp::Timestamp,
    },
    ports::{cache::Recent, store::Changes},
    room::timeline::{Carried, DELTA_MAX, Timeline},
};
use proptest::prelude::*;

/// A room's whole history: the truth that a timeline is held against.
#[derive(Clone)]
struct Truth {
    changes: Vec<RoomChange>,
}

impl Truth {
    /// One change a step. What changes a message that there is not sends one.
    fn of(steps: &[Step]) -> Self {
        let mut messages: Vec<Message> = Vec::new();
        let mut changes = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let rev = at as Rev + 1;
            if let Step::Room = step {
                let room = room(rev, messages.len() as Seq);
                changes.push(RoomChange::Room(Arc::new(room)));
                continue;
            }
            let changed = match step {
                Step::Message { back, .. } => messages.len().checked_sub(back + 1),
                _ => None,
            };
            let Some(index) = changed else {
                let message = message(messages.len() as Seq + 1, rev);
                messages.push(message.clone());
                changes.push(RoomChange::New(Arc::new(message)));
                continue;
            };
            messages[index].rev = rev;
            changes.push(step.done_with(Arc::new(messages[index].clone())));
        }
        Self { changes }
    }

    fn rev(&self) -> Rev {
        self.changes.len() as Rev
    }

    /// Every message in its state at `rev`, by `seq`.
    fn at(&self, rev: Rev) -> BTreeMap<Seq, Arc<Message>> {
        self.changes[..rev as usize]
            .iter()
            .filter_map(|change| change.message())
            .map(|message| (message.seq, message.clone()))
            .collect()
    }

    /// The room's last change of itself up to `rev`, 0 if there was none.
    fn room_changed(&self, rev: Rev) -> Rev {
        let changes = self.changes[..rev as usize].iter().rev();
        let mut of_room = changes.filter(|change| change.message().is_none());
        of_room.next().map_or(0, RoomChange::rev)
    }

    /// `(seq, rev)` of what changed after `since`, as of `rev`.
    fn since(&self, since: Rev, rev: Rev) -> Vec<(Seq, Rev)> {
        self.at(rev)
            .values()
            .filter(|message| message.rev > since)
            .map(|message| (message.seq, message.rev))
            .collect()
    }

    fn store_answer(&self, since: Rev, rev: Rev) -> Changes {
        let state = self.at(rev);
        let mut messages: Vec<Message> = state
            .values()
            .filter(|message| message.rev > since)
            .map(|message| (**message).clone())
            .collect();
        let mut floor = since;
        while messages.len() > DELTA_MAX {
            let lowest = (0..messages.len())
                .min_by_key(|index| messages[*index].rev)
                .unwrap();
            floor = messages.remove(lowest).rev;
        }
        Changes {
            room: Room {
                rev,
                last_seq: state.len() as Seq,
                ..room(self.room_changed(rev), 0)
            },
            room_changed: self.room_changed(rev),
            floor,
            messages,
        }
    }

    fn recent(&self, rev: Rev) -> Recent {
        let messages: Vec<_> = self.at(rev).into_values().collect();
        Recent {
            rev,
            messages: messages[messages.len().saturating_sub(100)..].to_vec(),
        }
    }
}

fn message(seq: Seq, rev: Rev) -> Message {
    Message {
        id: MessageId::fresh(),
        room_id: RoomId::parse("r").unwrap(),
        seq,
        rev,
        user_id: UserId::parse("u").unwrap(),
        username: "u".into(),
        content: "x".into(),
        kind: MessageKind::Text,
        timestamp: Timestamp::from_millis(0),
        client_id: None,
        reply_to: None,
        edited_at: None,
        deleted_at: None,
        claps: Claps::default(),
        reactions: vec![],
        mentions: vec![],
        previews: vec![],
    }
}

fn room(rev: Rev, last_seq: Seq) -> Room {
    Room {
        id: RoomId::parse("r").unwrap(),
        name: format!("as of {rev}"),
        topic: None,
        visibility: Visibility::Public,
        created_by: UserId::parse("u").unwrap(),
        created_at: Timestamp::from_millis(0),
        rev,
        last_seq,
        member_count: 1,
    }
}

fn shown(messages: &[Arc<Message>]) -> Vec<(Seq, Rev)> {
    messages
        .iter()
        .map(|message| (message.seq, message.rev))
        .collect()
}

/// What happens next in the room.
#[derive(Debug, Clone)]
enum Step {
    Send,
    /// The message so many places before the newest changes, in one of the ways there are.
    Message {
        back: usize,
        way: u8,
    },
    Room,
}

impl Step {
    fn done_with(&self, message: Arc<Message>) -> RoomChange {
        match self {
            Self::Message { way: 0, .. } => RoomChange::Deleted(message),
            Self::Message { way: 1, .. } => RoomChange::Clapped {
                message,
                by: vec![],
            },
            Self::Message { way: 2, .. } => RoomChange::Reacted {
                message,
                user_id: UserId::parse("u").unwrap(),
                emoji: "e".into(),
                on: true,
            },
            _ => RoomChange::Updated(message),
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Send),
        4 => (0..150_usize, 0..4_u8).prop_map(|(back, way)| Step::Message { back, way }),
        1 => Just(Step::Room),
    ]
}

/// How the timeline is told of what comes next.
#[derive(Debug, Clone)]
enum Told {
    /// So many changes, one by one.
    Changes(usize),
    /// A look at the store, asked from so far back, which stood so far ahead.
    Store { back: Rev, ahead: Rev },
}

fn told() -> impl Strategy<Value = Told> {
    prop_oneof![
        (1..80_usize).prop_map(Told::Changes),
        (0..300_i64, 0..120_i64).prop_map(|(back, ahead)| Told::Store { back, ahead }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_timeline_knows_what_the_history_says(
        steps in prop::collection::vec(step(), 1..900),
        start in 0..200_i64,
        tellings in prop::collection::vec(told(), 1..20),
    ) {
        let truth = Truth::of(&steps);
        let start = start.min(truth.rev());
        let mut timeline = Timeline::from_recent(&truth.recent(start), truth.store_answer(start, start).room);
        for told in tellings {
            match told {
                Told::Changes(count) => {
                    for change in truth.changes.iter().skip(timeline.rev() as usize).take(count) {
                        timeline.apply(change);
                    }
                }
                Told::Store { back, ahead } => {
                    let (from, to) = (timeline.rev(), (timeline.rev() + ahead).min(truth.rev()));
                    match timeline.absorb((from - back).max(0), truth.store_answer((from - back).max(0), to)) {
                        Carried::Nowhere => prop_assert_eq!(from, to),
                        Carried::By(messages) => prop_assert_eq!(shown(&messages), truth.since(from, to)),
                        Carried::TooFar => prop_assert!(truth.since(from, to).len() >= DELTA_MAX),
                    }
                }
            }
            let rev = timeline.rev();
            let state = truth.at(rev);
            prop_assert_eq!(timeline.last_seq(), state.len() as Seq);
            prop_assert_eq!(timeline.room(), truth.store_answer(rev, rev).room);
            let (page, has_more) = timeline.page(50);
            let expected: Vec<_> = state.values().rev().take(50).rev().map(|message| (message.seq, message.rev)).collect();
            prop_assert_eq!(shown(&page), expected);
            prop_assert_eq!(has_more, state.len() > 50);
            for since in [timeline.floor(), (timeline.floor() + rev) / 2, rev] {
                prop_assert_eq!(shown(&timeline.since(since).unwrap()), truth.since(since, rev));
                prop_assert_eq!(timeline.room_changed_after(since), truth.room_changed(rev) > since);
            }
            for since in 0..=rev {
                if !timeline.needs_store(since) && timeline.since(since).is_none() {
                    prop_assert!(truth.since(since, rev).len() > DELTA_MAX, "the store would have answered from {since}");
                }
            }
            prop_assert!(timeline.needs_store(rev + 1));
            prop_assert!(timeline.since(rev + 1).is_none());
            prop_assert!(timeline.floor() == 0 || timeline.since(timeline.floor() - 1).is_none());
        }
    }
}
