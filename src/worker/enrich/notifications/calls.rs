//! How often somebody calls everybody in a room with `@here`.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::remembered::Remembered;
use crate::domain::id::{MessageId, RoomId, UserId};

/// After a call of somebody's in a room, their next one there works after so long.
const CALL_EVERY: Duration = Duration::from_secs(10);
/// Half of how many calls are remembered.
const CALLS_HALF: usize = 16_384;

/// The newest call of each user in each room, as far as this process has read their messages: with several workers, each counts its
/// own.
pub(super) struct Calls(Mutex<Remembered<(UserId, RoomId), (MessageId, Instant)>>);

impl Calls {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Remembered::new(CALLS_HALF)))
    }

    /// Whether that message of the user's may call, at that moment; then no other one may for [`CALL_EVERY`]. The same one may again: a
    /// job that is done twice finds the same, and an edit takes nothing away.
    pub(super) fn take(&self, user: &UserId, room: &RoomId, by: MessageId, at: Instant) -> bool {
        let key = (user.clone(), room.clone());
        let mut calls = self.0.lock();
        match calls.get(&key) {
            Some((last, _)) if last == by => true,
            Some((_, then)) if at.saturating_duration_since(then) < CALL_EVERY => false,
            _ => {
                calls.insert(key, (by, at));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_calls_in_ten_seconds_the_first_counts() {
        let calls = Calls::new();
        let [ada, ben] = ["ada", "ben"].map(|id| UserId::parse(id).unwrap());
        let [hall, attic] = ["hall", "attic"].map(|id| RoomId::parse(id).unwrap());
        let [first, second] = [MessageId::fresh(), MessageId::fresh()];
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);

        assert!(calls.take(&ada, &hall, first, start));
        assert!(!calls.take(&ada, &hall, second, after(9_999)));
        assert!(calls.take(&ada, &hall, first, after(9_999)), "done again");
        assert!(calls.take(&ben, &hall, second, start), "somebody else");
        assert!(calls.take(&ada, &attic, second, start), "elsewhere");
        assert!(
            calls.take(&ada, &hall, second, after(10_000)),
            "neither a refusal nor the same once more holds anybody back"
        );
        assert!(!calls.take(&ada, &hall, first, after(10_001)));
    }
}
