//! The states of a job and the moves between them: the one table that the stores keep to. `docs/jobs.md` says it in words.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// To be started as soon as a worker has time.
    Waiting,
    /// Waiting, but not before its time: asked for so, or to be tried again.
    Delayed,
    /// With a worker.
    Active,
    /// Done.
    Completed,
    /// Given up: out of attempts, hopeless, or not started in time. An operator may have it tried again.
    Dead,
    /// Ended by its owner.
    Cancelled,
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Move {
    /// Its time has come.
    Ripen,
    /// A worker takes it up: one attempt more.
    Start,
    /// It is done.
    Complete,
    /// The attempt failed, and there are more.
    FailAgain,
    /// The attempt failed, and it was the last one or there is no hope.
    FailLast,
    /// The worker ends before the job does: the attempt does not count.
    HandBack,
    /// The worker is gone, and there are attempts left.
    Lapse,
    /// The worker is gone, and it was the last attempt.
    LapseLast,
    /// Its owner wants it ended. An active one goes on until its worker hears of it, or is gone.
    Cancel,
    /// Its worker has ended it, as its owner wanted.
    Stop,
    /// It was not started in time.
    Expire,
    /// An operator has it tried again, with all its attempts.
    Retry,
}

impl Move {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Ripen,
        Self::Start,
        Self::Complete,
        Self::FailAgain,
        Self::FailLast,
        Self::HandBack,
        Self::Lapse,
        Self::LapseLast,
        Self::Cancel,
        Self::Stop,
        Self::Expire,
        Self::Retry,
    ];
}

impl State {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Waiting,
        Self::Delayed,
        Self::Active,
        Self::Completed,
        Self::Dead,
        Self::Cancelled,
    ];

    /// Where a move leads; none where it cannot be made.
    pub fn after(self, then: Move) -> Option<Self> {
        use Move::{
            Cancel, Complete, Expire, FailAgain, FailLast, HandBack, Lapse, LapseLast, Retry,
            Ripen, Start, Stop,
        };
        Some(match (self, then) {
            (Self::Delayed, Ripen) => Self::Waiting,
            (Self::Waiting, Start) => Self::Active,
            (Self::Waiting | Self::Delayed, Cancel) => Self::Cancelled,
            (Self::Waiting | Self::Delayed, Expire) => Self::Dead,
            (Self::Active, Complete) => Self::Completed,
            (Self::Active, FailAgain) => Self::Delayed,
            (Self::Active, FailLast | LapseLast) => Self::Dead,
            (Self::Active, HandBack | Lapse) => Self::Waiting,
            (Self::Active, Cancel) => Self::Active,
            (Self::Active, Stop) => Self::Cancelled,
            (Self::Dead, Retry) => Self::Waiting,
            _ => return None,
        })
    }

    /// Whether nothing more happens to it by itself.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Completed | Self::Dead | Self::Cancelled)
    }

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delayed => "delayed",
            Self::Active => "active",
            Self::Completed => "completed",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::{collection::vec, prelude::*, sample::select};

    use super::*;

    fn next(state: State) -> Vec<State> {
        Move::ALL
            .iter()
            .filter_map(|then| state.after(*then))
            .collect()
    }

    #[test]
    fn every_state_is_reached_by_some_way() {
        let mut reached = HashSet::from([State::Waiting, State::Delayed]);
        while let Some(new) = reached
            .iter()
            .flat_map(|state| next(*state))
            .find(|state| !reached.contains(state))
        {
            reached.insert(new);
        }
        assert_eq!(reached.len(), State::ALL.len());
    }

    #[test]
    fn every_move_is_made_from_somewhere() {
        for then in Move::ALL {
            let made = State::ALL.iter().any(|state| state.after(then).is_some());
            assert!(made, "{then:?} is made from nowhere");
        }
    }

    #[test]
    fn a_word_is_read_back() {
        for state in State::ALL {
            assert_eq!(State::parse(state.as_str()), Some(state));
        }
        assert_eq!(State::parse("pending"), None);
    }

    proptest! {
        #[test]
        fn what_has_ended_stays_and_what_has_not_can_end(
            from in select(&State::ALL[..]),
            moves in vec(select(&Move::ALL[..]), 0..60),
        ) {
            let mut state = from;
            let (mut starts, mut ends) = (0, 0);
            for then in moves {
                let Some(after) = state.after(then) else {
                    continue;
                };
                prop_assert!(!matches!(state, State::Completed | State::Cancelled), "{:?} left {:?}", then, state);
                if state.has_ended() {
                    prop_assert_eq!((then, after), (Move::Retry, State::Waiting));
                }
                // A worker has it only by a start, and each start ends once.
                if after == State::Active && then != Move::Cancel {
                    prop_assert_eq!((state, then), (State::Waiting, Move::Start));
                    starts += 1;
                }
                if state == State::Active && after != State::Active {
                    ends += 1;
                }
                state = after;
            }
            prop_assert_eq!(
                starts + i32::from(from == State::Active),
                ends + i32::from(state == State::Active)
            );
            if !state.has_ended() {
                let mut ways = next(state);
                ways.extend(ways.clone().into_iter().flat_map(next));
                prop_assert!(ways.into_iter().any(State::has_ended));
            }
        }
    }
}
