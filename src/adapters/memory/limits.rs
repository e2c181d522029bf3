//! Rate limits inside one process: for each key, the moment at which its budget is whole again.
//!
//! Keys whose budget is whole are dropped now and then; where too many are not, those closest to it are forgotten first, so that
//! a flood of fresh keys does not free a key that is held back.

use std::{collections::HashMap, time::Instant};

use async_trait::async_trait;
use parking_lot::Mutex;

use crate::ports::{
    BackendError,
    limits::{Key, Quota, RateLimits, Verdict},
};

/// How many keys may be there before the first look for those that need not be.
const FIRST_LOOK: usize = 1_024;

/// The rate limits port in memory.
pub struct MemoryLimits {
    born: Instant,
    keys_max: usize,
    budgets: Mutex<Budgets>,
}

struct Budgets {
    /// In microseconds since the start: when each is whole again.
    whole_at: HashMap<Key, u64>,
    /// With so many keys, look for those that need not be there.
    look_at: usize,
}

impl MemoryLimits {
    /// Holds `keys_max` keys at most.
    pub fn new(keys_max: usize) -> Self {
        Self {
            born: Instant::now(),
            keys_max: keys_max.max(2),
            budgets: Mutex::new(Budgets {
                whole_at: HashMap::new(),
                look_at: FIRST_LOOK.min(keys_max.max(2)),
            }),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}

impl Budgets {
    fn take(&mut self, key: &Key, quota: Quota, now: u64) -> Verdict {
        let (interval, refill) = (micros(quota.interval()), micros(quota.refill()));
        let before = self.whole_at.get(key).map_or(now, |at| {
            // A quota that was larger before must not hold anybody back for longer than this one can.
            (*at).clamp(now, now.saturating_add(refill))
        });
        let after = before.saturating_add(interval);
        let ahead = after - now;
        if ahead > refill {
            return Verdict::Wait(std::time::Duration::from_micros(ahead - refill));
        }
        self.whole_at.insert(key.clone(), after);
        Verdict::Allowed
    }

    fn owe(&mut self, key: &Key, quota: Quota, owed: u64, now: u64) {
        let empty_at = now.saturating_add(micros(quota.refill()));
        let before = self.whole_at.get(key).map_or(now, |at| (*at).max(now));
        let after = before.saturating_add(owed).min(empty_at);
        self.whole_at.insert(key.clone(), after);
    }

    fn give_back(&mut self, key: &Key, quota: Quota) {
        if let Some(at) = self.whole_at.get_mut(key) {
            *at = at.saturating_sub(micros(quota.interval()));
        }
    }

    /// Keeps the number of keys within bounds; costs nothing most of the time.
    fn make_room(&mut self, now: u64, keys_max: usize) {
        if self.whole_at.len() < self.look_at {
            return;
        }
        self.whole_at.retain(|_, at| *at > now);
        // Far enough below the bound that the next look is not due at once.
        if self.whole_at.len() >= keys_max - keys_max / 8 {
            let mut moments: Vec<u64> = self.whole_at.values().copied().collect();
            let middle = moments.len() / 2;
            let (_, median, _) = moments.select_nth_unstable(middle);
            let median = *median;
            let mut spare = self.whole_at.len() - middle;
            self.whole_at.retain(|_, at| {
                let goes = spare > 0 && *at <= median;
                spare -= usize::from(goes);
                !goes
            });
        }
        self.look_at = (self.whole_at.len() * 2).clamp(FIRST_LOOK.min(keys_max), keys_max);
        self.whole_at.shrink_to(self.look_at);
    }
}

#[async_trait]
impl RateLimits for MemoryLimits {
    async fn take(&self, key: &Key, quota: Quota) -> Result<Verdict, BackendError> {
        let now = self.now();
        let mut budgets = self.budgets.lock();
        budgets.make_room(now, self.keys_max);
        Ok(budgets.take(key, quota, now))
    }

    async fn owe(
        &self,
        key: &Key,
        quota: Quota,
        owed: std::time::Duration,
    ) -> Result<(), BackendError> {
        let now = self.now();
        self.budgets.lock().owe(key, quota, micros(owed), now);
        Ok(())
    }

    async fn give_back(&self, key: &Key, quota: Quota) -> Result<(), BackendError> {
        self.budgets.lock().give_back(key, quota);
        Ok(())
    }
}

fn micros(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
