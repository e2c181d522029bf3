//! Rate limits that all replicas keep together: how often something may be done on one key.
//!
//! Each key has one number, the moment at which its budget is whole again (GCRA, the "virtual scheduling" form of ITU-T I.371,
//! annex A): a permit moves it on by the quota's interval, and is refused where that would be further ahead than the burst allows.
//! Every call ends within 200 ms.

use std::{fmt, num::NonZeroU32, time::Duration};

use async_trait::async_trait;

use super::BackendError;

/// Budgets by key.
///
/// A key that nobody has used for as long as its burst takes to fill again is as good as new, and forgotten. All that ask about one
/// key are to give the same quota; after a change of it the key's past counts for one burst of the new one at most.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes one permit, or answers how long to wait for one. A refusal costs nothing. Of any number of handles and callers at
    /// once, a whole budget lets exactly the burst pass. On failure a permit may have been taken.
    async fn take(&self, key: &Key, quota: Quota) -> Result<Verdict, BackendError>;

    /// Counts permits that a replica has let somebody take without asking, as many as grow in `owed`; before what is asked next.
    /// Never makes a budget emptier than empty.
    async fn owe(&self, key: &Key, quota: Quota, owed: Duration) -> Result<(), BackendError>;

    /// Gives a permit back that was taken and not needed after all. Never makes a budget larger than whole.
    async fn give_back(&self, key: &Key, quota: Quota) -> Result<(), BackendError>;
}

/// What a budget is of: a kind of thing that is done, and who or what does it.
///
/// May hold names and addresses of people, so it is never written to a log: its `Debug` shows the kind alone.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key {
    kind: &'static str,
    subject: Box<str>,
}

impl Key {
    /// The budget of `subject` for `kind`, such as `send` or `login:account`: one of few, since it becomes a label of a figure.
    /// The subject should be short; hash what is long or secret.
    pub fn new(kind: &'static str, subject: impl Into<Box<str>>) -> Self {
        Self {
            kind,
            subject: subject.into(),
        }
    }

    /// The kind.
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// Who or what.
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({}:…)", self.kind)
    }
}

/// How often: one permit an interval, of which a burst may be saved up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    micros: u64,
    burst: NonZeroU32,
}

impl Quota {
    /// So many a second, of which `burst` may be used at once after a rest. More than a million a second count as a million.
    pub const fn per_second(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        Self::one_every(Duration::from_micros(1_000_000 / rate.get() as u64), burst)
    }

    /// One an interval (in whole microseconds, 1 at least and an hour at most), of which `burst` may be used at once after a rest.
    pub const fn one_every(interval: Duration, burst: NonZeroU32) -> Self {
        const HOUR: u128 = 3_600_000_000;
        let micros = interval.as_micros();
        let micros = if micros > HOUR { HOUR } else { micros };
        Self {
            micros: if micros == 0 { 1 } else { micros as u64 },
            burst,
        }
    }

    /// The time in which one permit grows.
    pub const fn interval(self) -> Duration {
        Duration::from_micros(self.micros)
    }

    /// How many permits a whole budget holds.
    pub const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// How long an empty budget takes to be whole again.
    pub const fn refill(self) -> Duration {
        Duration::from_micros(self.micros * self.burst.get() as u64)
    }
}

/// Whether something may be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes; a permit is taken.
    Allowed,
    /// No; after so long there will be a permit, if nobody else takes it first. Never zero.
    Wait(Duration),
}

impl Verdict {
    /// The time to wait, where it is no.
    pub fn refused(self) -> Option<Duration> {
        match self {
            Self::Allowed => None,
            Self::Wait(wait) => Some(wait),
        }
    }
}
