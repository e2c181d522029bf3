//! Whether a store answers, and what the operator is told of it: the cause once, the return once, never a line a request.

use std::{
    fmt::Display,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// The least time between two lines about single calls that failed while the store as a whole answers.
const COMPLAIN_EVERY: Duration = Duration::from_secs(10);

/// The state of one store, as its adapter sees it.
#[derive(Debug)]
pub(super) struct Outage {
    store: &'static str,
    away: AtomicBool,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    since: Option<Instant>,
    complained: Option<Instant>,
    unsaid: u64,
}

impl Outage {
    /// The store is there, as far as is known.
    pub(super) fn of(store: &'static str) -> Self {
        Self {
            store,
            away: AtomicBool::new(false),
            said: Mutex::default(),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// The store does not answer at all. True when that is news.
    pub(super) fn begins(&self, cause: &dyn Display) -> bool {
        let mut said = self.said.lock();
        if self.away.swap(true, Ordering::Relaxed) {
            return false;
        }
        said.since = Some(Instant::now());
        tracing::error!(%cause, "{} is away: what needs it is unavailable until it is back", self.store);
        true
    }

    /// The store answers again.
    pub(super) fn ends(&self) {
        let mut said = self.said.lock();
        if !self.away.swap(false, Ordering::Relaxed) {
            return;
        }
        let away = said.since.take().map(|since| since.elapsed());
        *said = Said::default();
        let seconds = away.unwrap_or_default().as_secs_f64();
        tracing::info!("{} is back after {seconds:.1} s", self.store);
    }

    /// One call failed, for a reason that may pass, and others may not.
    pub(super) fn complains(&self, cause: &dyn Display) {
        let mut said = self.said.lock();
        let lately = |at: Instant| at.elapsed() < COMPLAIN_EVERY;
        if self.is_away() || said.complained.is_some_and(lately) {
            said.unsaid += 1;
            return;
        }
        said.complained = Some(Instant::now());
        let more = std::mem::take(&mut said.unsaid);
        tracing::warn!(%cause, more, "a call of {} failed; the next ones are counted for a while", self.store);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_news_once_and_again_after_its_end() {
        let outage = Outage::of("a store");
        assert!(!outage.is_away());
        assert!(outage.begins(&"refused"));
        assert!(!outage.begins(&"refused") && outage.is_away());
        outage.ends();
        assert!(!outage.is_away());
        outage.ends();
        assert!(outage.begins(&"refused"));
    }

    #[test]
    fn complaints_are_counted_for_a_while_after_each_that_is_said() {
        let outage = Outage::of("a store");
        (0..100).for_each(|_| outage.complains(&"locked"));
        assert_eq!(outage.said.lock().unsaid, 99);
    }
}
