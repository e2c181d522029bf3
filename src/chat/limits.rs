//! How often people may do things: asked of all replicas together, and decided here alone while that cannot be done.
//!
//! Where the shared verdict can be had, it alone counts. After a failure this replica decides by the same quota and its own count
//! for about a second, without asking; then what is asked next is decided here too and told to the shared count in the background,
//! until that answers again. So an outage costs the first callers one time limit, and nobody else anything.

use std::{sync::Arc, time::Duration};

use futures_util::future::join;
use parking_lot::Mutex;
use rand::RngExt;
use tokio::{task::JoinSet, time::Instant};

use super::unasked::Unasked;
use crate::{
    metrics::Metrics,
    ports::{
        BackendError,
        limits::{Key, Quota, RateLimits, Verdict},
    },
};

/// How long this replica decides alone after a failure, before the shared count is tried again; up to a half longer by chance.
const ALONE: Duration = Duration::from_secs(1);

/// How many keys are remembered of which something was taken unasked.
const UNASKED_KEYS: usize = 100_000;

/// The limits as the use cases ask for them: always an answer, in 200 ms at most.
pub struct Limits {
    own: Arc<dyn RateLimits>,
    shared: Option<Arc<Shared>>,
    metrics: Arc<Metrics>,
}

struct Shared {
    count: Arc<dyn RateLimits>,
    unasked: Unasked,
    course: Mutex<Course>,
    probe: Mutex<JoinSet<()>>,
}

/// Who decides.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Course {
    Together,
    /// This replica alone, at least until then.
    Alone(Instant),
    /// This replica alone, while a try of the shared count is under way.
    Trying,
}

impl Limits {
    /// Limits of a process that runs alone.
    pub fn alone(own: Arc<dyn RateLimits>, metrics: Arc<Metrics>) -> Self {
        Self {
            own,
            shared: None,
            metrics,
        }
    }

    /// Limits that are kept together with others by `shared`, and by `own` while that is away.
    pub fn together(
        shared: Arc<dyn RateLimits>,
        own: Arc<dyn RateLimits>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            own,
            shared: Some(Arc::new(Shared {
                count: shared,
                unasked: Unasked::new(UNASKED_KEYS),
                course: Mutex::new(Course::Together),
                probe: Mutex::default(),
            })),
            metrics,
        }
    }

    /// Takes one permit, or answers how long to wait for one; a refusal is counted under the key's kind.
    pub async fn take(&self, key: &Key, quota: Quota) -> Verdict {
        let verdict = match self.ask_together(key, quota).await {
            Some(verdict) => {
                // So that this replica goes on from here if it is left alone.
                if verdict == Verdict::Allowed {
                    self.ask_own(key, quota).await;
                }
                verdict
            }
            None => self.ask_own(key, quota).await,
        };
        if verdict != Verdict::Allowed {
            self.count_refusal(key.kind());
        }
        verdict
    }

    /// As [`Limits::take`], for what people do often and with large quotas: now and then one of them may go without asking the other
    /// replicas, which are told with the next question (see `unasked`).
    pub async fn take_often(&self, key: &Key, quota: Quota) -> Verdict {
        if let Some(shared) = &self.shared
            && *shared.course.lock() == Course::Together
            && shared.unasked.take(key, quota)
        {
            self.ask_own(key, quota).await;
            return Verdict::Allowed;
        }
        self.take(key, quota).await
    }

    /// Gives back a permit that was taken and not needed after all. Best effort.
    pub async fn give_back(&self, key: &Key, quota: Quota) {
        if let Some(shared) = &self.shared
            && *shared.course.lock() == Course::Together
            && let Err(error) = shared.count.give_back(key, quota).await
        {
            shared.fail(&error);
        }
        if let Err(error) = self.own.give_back(key, quota).await {
            tracing::error!(%error, "a permit could not be given back");
        }
    }

    /// Counts a refusal by a limit that is kept elsewhere; `kind` is one of few.
    pub fn count_refusal(&self, kind: &'static str) {
        self.metrics.refused(kind);
    }

    async fn ask_own(&self, key: &Key, quota: Quota) -> Verdict {
        self.own.take(key, quota).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a limit could not be kept, and lets pass");
            Verdict::Allowed
        })
    }

    /// The shared verdict; `None` when this replica has to decide.
    async fn ask_together(&self, key: &Key, quota: Quota) -> Option<Verdict> {
        let shared = self.shared.as_ref()?;
        if shared.is_to_be_tried() {
            shared.try_with(key.clone(), quota);
        }
        if *shared.course.lock() != Course::Together {
            self.metrics.limits_alone.inc();
            return None;
        }
        let asked = match shared.unasked.settle(key) {
            // Asked in this order, and waited for together.
            Some(owed) => {
                let owed = shared.count.owe(key, quota, owed);
                join(owed, shared.count.take(key, quota)).await.1
            }
            None => shared.count.take(key, quota).await,
        };
        match asked {
            Ok(verdict) => {
                if verdict != Verdict::Allowed {
                    shared.unasked.refused(key, quota);
                }
                Some(verdict)
            }
            Err(error) => {
                shared.fail(&error);
                self.metrics.limits_alone.inc();
                None
            }
        }
    }
}

impl Shared {
    /// Of all who ask after the time alone has passed, one is told yes.
    fn is_to_be_tried(&self) -> bool {
        let mut course = self.course.lock();
        let due = matches!(*course, Course::Alone(until) if Instant::now() >= until);
        if due {
            *course = Course::Trying;
        }
        due
    }

    /// Takes a permit there too, which this replica has decided about already, and sees whether that works.
    fn try_with(self: &Arc<Self>, key: Key, quota: Quota) {
        let weak = Arc::downgrade(self);
        let count = self.count.clone();
        let mut probe = self.probe.lock();
        while probe.try_join_next().is_some() {}
        probe.spawn(async move {
            let answer = count.take(&key, quota).await;
            let Some(shared) = weak.upgrade() else {
                return;
            };
            match answer {
                Ok(_) => {
                    *shared.course.lock() = Course::Together;
                    tracing::info!("limits are kept together with the other replicas again");
                }
                Err(_) => *shared.course.lock() = Course::Alone(later()),
            }
        });
    }

    fn fail(&self, error: &BackendError) {
        let mut course = self.course.lock();
        if *course == Course::Together {
            *course = Course::Alone(later());
            tracing::warn!(%error, "limits are kept by this replica alone for now");
        }
    }
}

fn later() -> Instant {
    Instant::now() + ALONE.mul_f64(rand::rng().random_range(1.0..=1.5))
}
