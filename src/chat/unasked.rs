//! What may be done without asking the other replicas: little enough that it does no harm if they do not know.
//!
//! Beside a key's budget there is a small one for each replica, a sixteenth of its burst, that grows at a hundred and twenty-eighth
//! of its rate. What is taken from it is not told at once. When the shared budget is asked next, it is told first: who does a thing
//! more often than now and then is counted to the last permit, and who does not can exceed nothing but by that 1/128 a replica. Where
//! the shared budget is empty, what is told cannot be taken from it any more; so after a refusal the small one here is empty as well,
//! and who goes on asking this replica for more than there is gets nothing unasked. The other replicas do not hear of a refusal: who
//! changes to one after it may find the small budget there whole, and exceed the shared one by up to a sixteenth of the burst, once
//! on each until it has refused them too.
//!
//! For sends alone. What is rare is asked about always: accounts that are made, failed log-ins, jobs.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::ports::limits::{Key, Quota};

/// Which part of a burst may be taken unasked.
const PART_OF_BURST: u32 = 16;
/// The most that may be.
const MOST: u32 = 256;
/// How much slower than the budget the small one grows.
const SLOWER: u32 = 128;
/// How many keys may be there before the first look for those that need not be.
const FIRST_LOOK: usize = 1_024;

/// The small budgets of this replica.
pub(super) struct Unasked {
    keys_max: usize,
    kept: Mutex<Kept>,
}

struct Kept {
    accounts: HashMap<Key, Account>,
    look_at: usize,
}

struct Account {
    /// When the small budget is whole again.
    whole_at: Instant,
    /// When the budget would be whole again after what has been taken from it and not been told.
    owed_until: Instant,
}

impl Unasked {
    /// Remembers `keys_max` keys; where there are more of them, others are asked about always.
    pub(super) fn new(keys_max: usize) -> Self {
        Self {
            keys_max,
            kept: Mutex::new(Kept {
                accounts: HashMap::new(),
                look_at: FIRST_LOOK.min(keys_max),
            }),
        }
    }

    /// Takes a permit from the small budget, if there is one.
    pub(super) fn take(&self, key: &Key, quota: Quota) -> bool {
        let burst = small_burst(quota);
        if burst == 0 {
            return false;
        }
        let interval = small_interval(quota);
        let now = Instant::now();
        let mut kept = self.kept.lock();
        if let Some(account) = kept.accounts.get_mut(key) {
            let whole_at = account.whole_at.max(now) + interval;
            if whole_at - now > interval * burst {
                return false;
            }
            account.whole_at = whole_at;
            account.owed_until = account.owed_until.max(now) + quota.interval();
            return true;
        }
        if !kept.has_room(now, self.keys_max) {
            return false;
        }
        let account = Account {
            whole_at: now + interval,
            owed_until: now + quota.interval(),
        };
        kept.accounts.insert(key.clone(), account);
        true
    }

    /// The shared budget has refused: the small one begins to grow anew.
    pub(super) fn refused(&self, key: &Key, quota: Quota) {
        let whole_at = Instant::now() + small_interval(quota) * small_burst(quota);
        if let Some(account) = self.kept.lock().accounts.get_mut(key) {
            account.whole_at = account.whole_at.max(whole_at);
        }
    }

    /// What has been taken and is to be told now, as the time in which it grows.
    pub(super) fn settle(&self, key: &Key) -> Option<Duration> {
        let now = Instant::now();
        let mut kept = self.kept.lock();
        let account = kept.accounts.get_mut(key)?;
        let owed = account.owed_until.checked_duration_since(now)?;
        account.owed_until = now;
        (!owed.is_zero()).then_some(owed)
    }
}

/// How many may be taken at once from a small budget that is whole.
fn small_burst(quota: Quota) -> u32 {
    (quota.burst().get() / PART_OF_BURST).min(MOST)
}

/// The time in which one more of them grows.
fn small_interval(quota: Quota) -> Duration {
    quota.interval() * SLOWER
}

impl Kept {
    /// Whether there is room for one more; costs nothing most of the time.
    fn has_room(&mut self, now: Instant, keys_max: usize) -> bool {
        if self.accounts.len() >= self.look_at {
            self.accounts
                .retain(|_, it| it.whole_at.max(it.owed_until) > now);
            self.look_at = (self.accounts.len() * 2).clamp(FIRST_LOOK.min(keys_max), keys_max);
            self.accounts.shrink_to(self.look_at);
        }
        self.accounts.len() < keys_max
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn every(interval: Duration, burst: u32) -> Quota {
        Quota::one_every(interval, NonZeroU32::new(burst).unwrap())
    }

    #[test]
    fn a_sixteenth_of_the_burst_goes_unasked_and_is_owed_once() {
        let unasked = Unasked::new(10);
        let (ada, quota) = (Key::new("send", "ada"), every(HOUR, 100));
        let taken = (0..100).filter(|_| unasked.take(&ada, quota)).count();
        assert_eq!(taken, 6);
        let owed = unasked.settle(&ada).unwrap();
        assert!(owed <= HOUR * 6 && owed > HOUR * 5, "{owed:?}");
        assert_eq!(unasked.settle(&ada), None);
        // Having told does not make the small budget whole.
        assert!(!unasked.take(&ada, quota));
    }

    #[test]
    fn after_a_refusal_nothing_goes_unasked() {
        let unasked = Unasked::new(10);
        let (ada, bob, quota) = (
            Key::new("send", "ada"),
            Key::new("send", "bob"),
            every(HOUR, 100),
        );
        assert!(unasked.take(&ada, quota) && unasked.take(&bob, quota));
        unasked.refused(&ada, quota);
        assert!(!unasked.take(&ada, quota));
        assert!(unasked.take(&bob, quota));
        // What had been taken before is still to be told.
        assert!(unasked.settle(&ada).is_some());
    }

    #[test]
    fn of_a_small_burst_nothing_goes_unasked() {
        let unasked = Unasked::new(10);
        assert!(!unasked.take(&Key::new("send", "ada"), every(HOUR, 15)));
    }

    #[test]
    fn what_has_grown_again_is_not_owed() {
        let unasked = Unasked::new(10);
        let (ada, quota) = (
            Key::new("send", "ada"),
            every(Duration::from_nanos(1_000), 100),
        );
        assert!(unasked.take(&ada, quota));
        let taken = Instant::now();
        while taken.elapsed() < quota.interval() {}
        assert_eq!(unasked.settle(&ada), None);
    }

    #[test]
    fn beyond_its_keys_it_has_everybody_asked() {
        let unasked = Unasked::new(2);
        let taken =
            ["ada", "bob", "eve"].map(|who| unasked.take(&Key::new("send", who), every(HOUR, 100)));
        assert_eq!(taken, [true, true, false]);
    }
}
