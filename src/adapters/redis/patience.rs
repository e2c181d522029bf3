//! Not asking again at once where there was no answer: whoever can do without one should not wait for it each time.
//!
//! Health tells of a Redis that is gone; this is for one that is merely too slow for what is asked (a bad network, a long command), so
//! that only the first caller pays a time limit, and afterwards one now and then.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long nobody asks after a failure; up to as much again by chance.
const REST: Duration = Duration::from_millis(500);

/// Lets calls through while they are answered, and after a failure one in 500 ms to 1 s.
#[derive(Debug, Default)]
pub(super) struct Patience {
    course: Mutex<Course>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Course {
    #[default]
    Usual,
    /// Nobody asks before then.
    Resting(Instant),
    /// One asks, and the others go without.
    Trying,
}

/// Leave to ask once. Dropped without a word about the answer, it counts as a failure.
pub(super) struct Try<'a> {
    patience: &'a Patience,
    answered: bool,
}

impl Patience {
    /// Leave to ask; `None` while it is better not to.
    pub(super) fn try_now(&self) -> Option<Try<'_>> {
        let mut course = self.course.lock();
        match *course {
            Course::Usual => {}
            Course::Resting(until) if Instant::now() >= until => *course = Course::Trying,
            Course::Resting(_) | Course::Trying => return None,
        }
        Some(Try {
            patience: self,
            answered: false,
        })
    }
}

impl Try<'_> {
    /// There was an answer, whatever it was.
    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        *self.patience.course.lock() = if self.answered {
            Course::Usual
        } else {
            Course::Resting(Instant::now() + REST.mul_f64(rand::random_range(1.0..=2.0)))
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn after_a_failure_one_asks_now_and_then_until_there_is_an_answer() {
        let patience = Patience::default();
        let (one, other) = (patience.try_now(), patience.try_now());
        other.expect("all ask while they are answered").answered();
        drop(one);
        assert!(patience.try_now().is_none(), "a rest after a failure");
        tokio::time::advance(2 * REST).await;
        let one = patience.try_now();
        assert!(
            one.is_some() && patience.try_now().is_none(),
            "one at a time"
        );
        drop(one);
        assert!(patience.try_now().is_none(), "and another rest");
        tokio::time::advance(2 * REST).await;
        patience.try_now().expect("one").answered();
        assert!(patience.try_now().is_some() && patience.try_now().is_none());
    }
}
