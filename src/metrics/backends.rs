//! What this process asks of others: calls of the store and of Redis, the connections that they share, and the news between replicas.

use std::{array, time::Instant};

use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

use super::{Label, Pair, catalog::Catalog, seconds};
use crate::ports::BackendError;

/// What a call of the store is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Accounts and profiles.
    Accounts,
    /// A batch of changes.
    Commit,
    /// Jobs and their files.
    Jobs,
    /// Memberships and read positions.
    Members,
    /// Messages that are there.
    Messages,
    /// The log of moderation.
    Moderation,
    /// Notifications.
    Notifications,
    /// What operators ask for.
    Operators,
    /// Whether it answers.
    Ping,
    /// Previews of pages.
    Previews,
    /// Rooms.
    Rooms,
    /// Sessions and the secret of the store.
    Sessions,
}

impl Operation {
    const ALL: [(Self, &'static str); 12] = [
        (Self::Accounts, "accounts"),
        (Self::Commit, "commit"),
        (Self::Jobs, "jobs"),
        (Self::Members, "members"),
        (Self::Messages, "messages"),
        (Self::Moderation, "moderation"),
        (Self::Notifications, "notifications"),
        (Self::Operators, "operators"),
        (Self::Ping, "ping"),
        (Self::Previews, "previews"),
        (Self::Rooms, "rooms"),
        (Self::Sessions, "sessions"),
    ];
}

/// Calls of the store, by what they are about. The default counts nothing.
#[derive(Debug, Clone, Default)]
pub struct StoreFigures(Option<std::sync::Arc<[Calls; Operation::ALL.len()]>>);

impl StoreFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        let times = catalog.add(
            "store_seconds",
            &["operation"],
            "How long calls of the store took, waiting for a connection included",
            Family::<Label, Histogram>::new_with_constructor(seconds),
        );
        let errors: Family<Pair, Counter> = catalog.add(
            "store_errors",
            &["error", "operation"],
            "Calls of the store that failed: unavailable may pass, a fault does not",
            Family::default(),
        );
        let calls = array::from_fn(|at| {
            let operation = Operation::ALL[at].1;
            let error = |error| [("error", error), ("operation", operation)];
            Calls {
                seconds: times.get_or_create_owned(&[("operation", operation)]),
                unavailable: errors.get_or_create_owned(&error("unavailable")),
                fault: errors.get_or_create_owned(&error("fault")),
            }
        });
        Self(Some(std::sync::Arc::new(calls)))
    }

    /// Counts and times a call that has been answered.
    pub(crate) fn answered<T>(
        &self,
        operation: Operation,
        began: Instant,
        answer: &Result<T, BackendError>,
    ) {
        if let Some(all) = &self.0 {
            all[operation as usize].answered(began, answer);
        }
    }
}

/// Calls of one kind.
#[derive(Debug, Clone)]
struct Calls {
    seconds: Histogram,
    unavailable: Counter,
    fault: Counter,
}

impl Calls {
    fn answered<T>(&self, began: Instant, answer: &Result<T, BackendError>) {
        self.seconds.observe(began.elapsed().as_secs_f64());
        match answer {
            Ok(_) => {}
            Err(BackendError::Unavailable { .. }) => {
                self.unavailable.inc();
            }
            Err(_) => {
                self.fault.inc();
            }
        }
    }
}

/// What this process asks of Redis. The default is counted nowhere.
#[derive(Debug, Clone)]
pub struct RedisFigures {
    calls: Calls,
    /// The pool for commands.
    pub pool: PoolFigures,
    /// The news between replicas.
    pub bus: BusFigures,
}

impl Default for RedisFigures {
    fn default() -> Self {
        let catalog = &mut Catalog::default();
        let pools = Pools::of(catalog);
        Self::of(catalog, &pools)
    }
}

impl RedisFigures {
    pub(super) fn of(catalog: &mut Catalog, pools: &Pools) -> Self {
        let errors: Family<Label, Counter> = catalog.add(
            "redis_errors",
            &["error"],
            "Calls of Redis that failed: unavailable may pass, a fault does not",
            Family::default(),
        );
        Self {
            calls: Calls {
                seconds: catalog.add(
                    "redis_seconds",
                    &[],
                    "How long calls of Redis took, waiting for a connection included; those that wait for jobs are left out",
                    seconds(),
                ),
                unavailable: errors.get_or_create_owned(&[("error", "unavailable")]),
                fault: errors.get_or_create_owned(&[("error", "fault")]),
            },
            pool: pools.pool("redis"),
            bus: BusFigures::of(catalog),
        }
    }

    /// Counts and times a call that has been answered.
    pub(crate) fn answered<T>(&self, began: Instant, answer: &Result<T, BackendError>) {
        self.calls.answered(began, answer);
    }
}

/// The news between replicas, as far as it goes over Redis.
#[derive(Debug, Clone)]
pub struct BusFigures {
    /// News handed to the bus.
    pub published: Counter,
    /// News from other replicas.
    pub heard: Counter,
    /// Moments at which news may have been lost on its way here.
    pub gaps: Counter,
    /// News that was lost on its way out.
    pub lost: Counter,
}

impl BusFigures {
    fn of(catalog: &mut Catalog) -> Self {
        let mut counter = |name, help| catalog.add(name, &[], help, Counter::default());
        Self {
            published: counter(
                "bus_published",
                "News for other replicas, handed to the bus",
            ),
            heard: counter("bus_heard", "News heard from other replicas"),
            gaps: counter(
                "bus_gaps",
                "Times when news may have been lost on its way here; the store makes it good",
            ),
            lost: counter(
                "bus_lost",
                "News that was lost on its way out, for Redis was away or too slow; the store makes it good",
            ),
        }
    }
}

/// Connections that calls share.
#[derive(Debug, Clone)]
pub struct Pools {
    connections: Family<Pair, Gauge>,
    max: Family<Label, Gauge>,
    waiting: Family<Label, Gauge>,
    acquire_seconds: Family<Label, Histogram>,
    failures: Family<Label, Counter>,
}

impl Pools {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        Self {
            connections: catalog.add(
                "pool_connections",
                &["pool", "state"],
                "Connections that are open, by state: in_use or idle",
                Family::default(),
            ),
            max: catalog.add(
                "pool_connections_max",
                &["pool"],
                "The most connections of a pool",
                Family::default(),
            ),
            waiting: catalog.add(
                "pool_waiting",
                &["pool"],
                "Calls that wait for a connection now",
                Family::default(),
            ),
            acquire_seconds: catalog.add(
                "pool_acquire_seconds",
                &["pool"],
                "How long calls waited for a connection that they got",
                Family::new_with_constructor(seconds),
            ),
            failures: catalog.add(
                "pool_failures",
                &["pool"],
                "Calls that got no connection, in time or at all",
                Family::default(),
            ),
        }
    }

    /// One of them. `pool` is a label, written in the code.
    pub fn pool(&self, pool: &'static str) -> PoolFigures {
        PoolFigures {
            pool,
            all: self.clone(),
            waiting: self.waiting.get_or_create_owned(&[("pool", pool)]),
            acquire_seconds: self.acquire_seconds.get_or_create_owned(&[("pool", pool)]),
            failures: self.failures.get_or_create_owned(&[("pool", pool)]),
        }
    }
}

/// One pool of connections. The default is counted nowhere.
#[derive(Debug, Clone)]
pub struct PoolFigures {
    pool: &'static str,
    all: Pools,
    waiting: Gauge,
    acquire_seconds: Histogram,
    failures: Counter,
}

impl Default for PoolFigures {
    fn default() -> Self {
        Pools::of(&mut Catalog::default()).pool("none")
    }
}

impl PoolFigures {
    /// Notes how many connections there are.
    pub fn stands(&self, max: u32, open: u32, idle: u32) {
        let set = |state, count: u32| {
            let labels = [("pool", self.pool), ("state", state)];
            self.all
                .connections
                .get_or_create(&labels)
                .set(count.into());
        };
        set("in_use", open.saturating_sub(idle));
        set("idle", idle);
        let max = i64::from(max);
        self.all.max.get_or_create(&[("pool", self.pool)]).set(max);
    }

    /// Somebody waits for a connection from now on.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.waiting.inc();
        Waiting {
            pool: self,
            began: Instant::now(),
            has_got: false,
        }
    }
}

/// Somebody waits for a connection. Who gives up has got none.
pub(crate) struct Waiting<'a> {
    pool: &'a PoolFigures,
    began: Instant,
    has_got: bool,
}

impl Waiting<'_> {
    /// The wait is over.
    pub(crate) fn ended<T, E>(mut self, got: &Result<T, E>) {
        self.has_got = got.is_ok();
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pool.waiting.dec();
        if self.has_got {
            let time = self.began.elapsed().as_secs_f64();
            self.pool.acquire_seconds.observe(time);
        } else {
            self.pool.failures.inc();
        }
    }
}
