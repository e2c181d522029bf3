//! Log lines about what strangers do: at most one a minute of a kind, so that nobody fills a disk from outside.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time between two lines.
const EVERY: Duration = Duration::from_secs(60);

/// One kind of line.
#[derive(Debug, Default)]
pub struct Notice(Mutex<(Option<Instant>, u64)>);

impl Notice {
    /// To be asked each time that there is something to say. Now and then the answer is to say it, and how often it has happened
    /// since it was said last, this time included.
    pub fn is_due(&self) -> Option<u64> {
        let mut state = self.0.lock();
        state.1 += 1;
        if state.0.is_some_and(|said| said.elapsed() < EVERY) {
            return None;
        }
        let times = std::mem::take(&mut state.1);
        state.0 = Some(Instant::now());
        Some(times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_at_once_and_then_not_for_a_while() {
        let notice = Notice::default();
        assert_eq!(notice.is_due(), Some(1));
        assert_eq!((notice.is_due(), notice.is_due()), (None, None));
        notice.0.lock().0 = Instant::now().checked_sub(EVERY);
        assert_eq!(notice.is_due(), Some(3));
    }
}
