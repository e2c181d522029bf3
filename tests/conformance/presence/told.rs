//! Signals as sentences, so that a test reads as what people are told.

use belfry::domain::{
    id::RoomId,
    presence::{Signal, Status},
};

/// The signals in their order. Rooms of a status are sorted: their order says nothing.
pub(crate) fn told(signals: &[Signal]) -> Vec<String> {
    signals.iter().map(sentence).collect()
}

/// The signals in no order.
pub(crate) fn told_sorted(signals: &[Signal]) -> Vec<String> {
    let mut told = told(signals);
    told.sort();
    told
}

fn sentence(signal: &Signal) -> String {
    match signal {
        Signal::Joined { room_id, user } => {
            assert_eq!((&user.display_name, user.last_seen), (&None, None));
            format!("{} joined {room_id}, {}", user.id, user.status.as_str())
        }
        Signal::Left {
            room_id, user_id, ..
        } => format!("{user_id} left {room_id}"),
        Signal::Status {
            user_id,
            status,
            last_seen,
            rooms,
        } => {
            assert_eq!(last_seen.is_some(), *status == Status::Offline);
            let mut rooms: Vec<&str> = rooms.iter().map(RoomId::as_str).collect();
            rooms.sort();
            format!("{user_id} is {} in {}", status.as_str(), rooms.join(" "))
        }
        other => panic!("presence knows nothing of {other:?}"),
    }
}

/// How often somebody came and went.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) joined: usize,
    pub(super) left: usize,
}

impl Tally {
    pub(super) fn count(&mut self, signals: &[Signal]) {
        for signal in signals {
            match signal {
                Signal::Joined { .. } => self.joined += 1,
                Signal::Left { .. } => self.left += 1,
                _ => {}
            }
        }
    }
}

impl std::iter::Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |sum, one| Self {
            joined: sum.joined + one.joined,
            left: sum.left + one.left,
        })
    }
}
