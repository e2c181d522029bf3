//! Changes of one batch: which do not depend on each other, and which are repeats.

use std::collections::{HashMap, HashSet};

use super::change::Change;

/// For each of the changes, whether it is of the first batch: whether and how each change of a batch applies does not depend on
/// another one of them, but for what [`answering`] says. The others wait, in their order, and with the first one of a room that
/// waits all that follow in that room. The first change never waits.
///
/// In such a batch a message is either enriched or changed by one act or applause, and a change of a room itself is the last one
/// of that room. A finding that removes the message counts as an act.
pub fn independent<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Vec<bool> {
    let mut acted = HashSet::new();
    let mut enriched = HashSet::new();
    let mut ended = HashSet::new();
    let mut depends = move |change: &'a Change| {
        if ended.contains(change.room()) {
            return true;
        }
        let waits = match (change, change.target()) {
            (Change::UpdateRoom(_) | Change::DeleteRoom(_), _) => {
                ended.insert(change.room());
                false
            }
            (Change::Enrich(found), Some(message)) if !found.found.removes() => {
                enriched.insert(message);
                acted.contains(&message)
            }
            (_, Some(message)) => enriched.contains(&message) || !acted.insert(message),
            (_, None) => false,
        };
        if waits {
            ended.insert(change.room());
        }
        waits
    };
    changes.into_iter().map(|change| !depends(change)).collect()
}

/// For each change of a batch, the index of the one that answers for it: mostly its own.
///
/// For a send that is the first one of the same `clientId` (of one user in one room) or of the same id; the later ones are
/// repeats of it, whatever became of it. For a finding it is the last one of the same kind in the same text of the same message;
/// the earlier ones are out of date before anybody saw them, and change nothing.
pub fn answering(changes: &[Change]) -> Vec<usize> {
    let mut answering: Vec<usize> = (0..changes.len()).collect();
    let mut by_id = HashMap::new();
    let mut by_client = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        let Change::Send(message) = change else {
            continue;
        };
        let first = *by_id.entry(message.id).or_insert(index);
        let first = match &message.client_id {
            Some(client) if first == index => *by_client
                .entry((&message.room_id, &message.user_id, client))
                .or_insert(index),
            _ => first,
        };
        answering[index] = answering[first];
    }
    let mut last = HashMap::new();
    for (index, change) in changes.iter().enumerate().rev() {
        let Change::Enrich(found) = change else {
            continue;
        };
        let kind = std::mem::discriminant(&found.found);
        answering[index] = *last
            .entry((found.message_id, found.content_rev, kind))
            .or_insert(index);
    }
    answering
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        change::{Act, Deed, Enrichment, Found, RoomUpdate},
        id::{MessageId, RoomId, UserId},
        moderation::{Measure, Ruling},
        timestamp::Timestamp,
    };

    fn act(message_id: MessageId) -> Change {
        Change::Act(Act {
            room_id: room(),
            message_id,
            user_id: UserId::parse("ada").unwrap(),
            at: Timestamp::from_millis(0),
            deed: Deed::Delete,
        })
    }

    fn found(message_id: MessageId) -> Change {
        Change::Enrich(Enrichment {
            finishes: None,
            room_id: room(),
            message_id,
            content_rev: 1,
            found: Found::Previews(Vec::new()),
        })
    }

    fn removal(message_id: MessageId) -> Change {
        let Change::Enrich(mut enrichment) = found(message_id) else {
            unreachable!()
        };
        enrichment.found = Found::Reading {
            mentions: Vec::new(),
            ruling: Some(Ruling {
                measure: Measure::Remove,
                reason: "Because".into(),
                at: Timestamp::from_millis(0),
            }),
        };
        Change::Enrich(enrichment)
    }

    fn rename() -> Change {
        Change::UpdateRoom(RoomUpdate {
            room_id: room(),
            user_id: UserId::parse("ada").unwrap(),
            name: None,
            topic: None,
            visibility: None,
        })
    }

    fn room() -> RoomId {
        RoomId::parse("r").unwrap()
    }

    #[test]
    fn a_change_that_depends_on_one_before_it_waits_and_its_room_with_it() {
        let (one, two) = (MessageId::fresh(), MessageId::fresh());
        assert!(independent(&[]).is_empty());
        let acts = [act(one), act(two), act(one), act(MessageId::fresh())];
        assert_eq!(independent(&acts), [true, true, false, false]);
        let findings = [found(one), found(one), act(one)];
        assert_eq!(independent(&findings), [true, true, false]);
        assert_eq!(independent(&[act(one), found(one)]), [true, false]);
        let removed = [removal(one), found(two), found(one)];
        assert_eq!(independent(&removed), [true, true, false]);
        assert_eq!(independent(&[found(one), removal(one)]), [true, false]);
        assert_eq!(independent(&[removal(one), act(one)]), [true, false]);
        let renamed = [act(one), rename(), act(two)];
        assert_eq!(independent(&renamed), [true, true, false]);
        assert_eq!(independent(&[rename(), rename()]), [true, false]);
    }

    #[test]
    fn other_rooms_do_not_wait_for_a_room_that_does() {
        let (message, other) = (MessageId::fresh(), MessageId::fresh());
        let mut elsewhere = act(other);
        if let Change::Act(act) = &mut elsewhere {
            act.room_id = RoomId::parse("elsewhere").unwrap();
        }
        let changes = [act(message), act(message), elsewhere, rename()];
        assert_eq!(independent(&changes), [true, false, true, false]);
    }
}
