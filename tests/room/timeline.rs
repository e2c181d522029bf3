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
    /// One change a step: `Some(back)` changes the message so many places before the newest, `None` sends a new one.
    fn of(steps: &[Option<usize>]) -> Self {
        let mut messages: Vec<Message> = Vec::new();
        let mut changes = Vec::new();
        for (at, step) in steps.iter().enumerate() {
            let rev = at as Rev + 1;
            let changed = step.and_then(|back| messages.len().checked_sub(back + 1));
            changes.push(match changed {
                Some(index) => {
                    messages[index].rev = rev;
                    RoomChange::Updated(Arc::new(messages[index].clone()))
                }
                None => {
                    let message = message(messages.len() as Seq + 1, rev);
                    messages.push(message.clone());
                    RoomChange::New(Arc::new(message))
                }
            });
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
            .map(|change| {
                let message = change.message().unwrap();
                (message.seq, message.clone())
            })
            .collect()
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
            room: room(rev, state.len() as Seq),
            room_changed: 0,
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
        name: "r".into(),
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
        steps in prop::collection::vec(prop::option::weighted(0.4, 0..150_usize), 1..900),
        start in 0..200_i64,
        tellings in prop::collection::vec(told(), 1..20),
    ) {
        let truth = Truth::of(&steps);
        let mut timeline = Timeline::from_recent(&truth.recent(start.min(truth.rev())), room(0, 0));
        for told in tellings {
            match told {
                Told::Changes(count) => {
                    for change in truth.changes.iter().skip(timeline.rev() as usize).take(count) {
                        timeline.apply(change);
                    }
                }
                Told::Store { back, ahead } => {
                    let (from, to) = (timeline.rev(), (timeline.rev() + ahead).min(truth.rev()));
                    match timeline.absorb(truth.store_answer((from - back).max(0), to)) {
                        Carried::Nowhere => prop_assert_eq!(from, to),
                        Carried::By(messages) => prop_assert_eq!(shown(&messages), truth.since(from, to)),
                        Carried::TooFar => prop_assert!(truth.since(from, to).len() >= DELTA_MAX),
                    }
                }
            }
            let rev = timeline.rev();
            let state = truth.at(rev);
            prop_assert_eq!(timeline.last_seq(), state.len() as Seq);
            let (page, has_more) = timeline.page(50);
            let expected: Vec<_> = state.values().rev().take(50).rev().map(|message| (message.seq, message.rev)).collect();
            prop_assert_eq!(shown(&page), expected);
            prop_assert_eq!(has_more, state.len() > 50);
            for since in [timeline.floor(), (timeline.floor() + rev) / 2, rev] {
                prop_assert_eq!(shown(&timeline.since(since).unwrap()), truth.since(since, rev));
            }
            prop_assert!(timeline.since(rev + 1).is_none());
            prop_assert!(timeline.floor() == 0 || timeline.since(timeline.floor() - 1).is_none());
        }
    }
}
