//! Jobs and those who do them.

use std::time::Duration;

use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

use super::{Label, Pair, catalog::Catalog};
use crate::{
    domain::job::ENRICH,
    ports::{
        queue::{Backlog, Line, Oldest},
        store::JobCounts,
    },
};

/// The jobs that this process does, and what it knows of all of them.
#[derive(Debug)]
pub struct JobFigures {
    /// Jobs that were done by this process.
    pub done: Counter,
    /// Attempts at a job that failed.
    pub failed: Counter,
    /// Jobs given up after such an attempt.
    pub dead: Counter,
    /// Jobs that were ended as their owners wanted.
    pub cancelled: Counter,
    /// Jobs that were left to other workers before they were done.
    pub handed_back: Counter,
    /// Jobs that are being done here now, but for those that come with messages.
    pub running: Gauge,
    /// How long those could have been started before they were, in seconds, by the clocks of two machines.
    pub wait_seconds: Histogram,
    /// Jobs that the sweep handed to the queue again.
    pub swept: Counter,
    /// Ended attempts, by type and by outcome.
    attempts: Family<Pair, Counter>,
    /// Those of them that come with messages and were done: as many as there are messages, so they are not looked up.
    enriched: Counter,
    /// Jobs in the queue, by `line`: `messages`, the priorities, and those of any line whose time has not come; all workers' alike.
    queued: Family<Label, Gauge>,
    /// How long the first in each line has been there.
    oldest: Family<Label, Gauge>,
    /// Jobs in the store, by `state`; all workers' alike.
    stored: Family<Label, Gauge>,
    /// How long attempts took, by type.
    seconds: Family<Label, Histogram>,
    slots: Gauge,
    slots_busy: Gauge,
}

impl JobFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        let seconds = || {
            Histogram::new([
                0.001, 0.004, 0.016, 0.064, 0.256, 1.0, 4.0, 16.0, 64.0, 256.0,
            ])
        };
        let attempts: Family<Pair, Counter> = catalog.add(
            "job_attempts",
            &["outcome", "type"],
            "Ended attempts at jobs, by type and by outcome: done, failed (tried again), dead, cancelled or handed_back",
            Family::default(),
        );
        Self {
            done: catalog.counter("jobs_done", "Jobs done by this process"),
            failed: catalog.counter("jobs_failed", "Failed attempts at a job"),
            dead: catalog.counter("jobs_dead", "Jobs given up"),
            cancelled: catalog.counter("jobs_cancelled", "Jobs ended as their owners wanted"),
            handed_back: catalog.counter(
                "jobs_handed_back",
                "Jobs left to other workers before they were done",
            ),
            running: catalog.gauge("jobs_running", "Jobs being done by this process"),
            wait_seconds: catalog.add(
                "job_wait_seconds",
                &[],
                "From when a job could be started to its start, by the clocks of two machines",
                Histogram::new([
                    0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 4.0, 16.0,
                    64.0,
                ]),
            ),
            swept: catalog.counter("jobs_swept", "Jobs handed to the queue again"),
            enriched: attempts.get_or_create_owned(&[("outcome", "done"), ("type", ENRICH)]),
            attempts,
            queued: catalog.add(
                "jobs_queued",
                &["line"],
                "Jobs in the shared queue, by line; every worker says the same, so take the max",
                Family::default(),
            ),
            oldest: catalog.add(
                "jobs_oldest_age_seconds",
                &["line"],
                "How long the first job that nobody has taken has been in its line, 0 where there is none; every worker says the same, so take the max",
                Family::default(),
            ),
            stored: catalog.add(
                "jobs_stored",
                &["state"],
                "Jobs in the shared store that have not ended well, by state; every worker says the same, so take the max",
                Family::default(),
            ),
            seconds: catalog.add(
                "job_seconds",
                &["type"],
                "How long an attempt at a job took, but for the jobs that come with messages",
                Family::new_with_constructor(seconds),
            ),
            slots: catalog.add(
                "worker_slots",
                &[],
                "Jobs that this process can do at once, beside those that come with messages",
                Gauge::default(),
            ),
            slots_busy: catalog.add(
                "worker_slots_busy",
                &[],
                "Slots that are taken, those of handlers that do not come back included",
                Gauge::default(),
            ),
        }
    }

    /// Notes what is in the queue.
    pub fn queued(&self, backlog: &Backlog) {
        let set = |line: &'static str, jobs: u64| {
            let jobs = i64::try_from(jobs).unwrap_or(i64::MAX);
            self.queued.get_or_create(&[("line", line)]).set(jobs);
        };
        for line in Line::ALL {
            set(line.as_str(), backlog.of(line));
        }
        set("delayed", backlog.delayed);
    }

    /// Notes how long the first in each line has been there.
    pub fn waited(&self, oldest: &Oldest) {
        for (line, age) in Line::ALL.into_iter().zip(oldest) {
            let seconds = age.map_or(0, |age| age.as_secs() as i64);
            let label = [("line", line.as_str())];
            self.oldest.get_or_create(&label).set(seconds);
        }
    }

    /// Notes what is in the store.
    pub fn stored(&self, counts: &JobCounts) {
        for (state, jobs) in [
            ("waiting", counts.waiting),
            ("active", counts.active),
            ("dead", counts.dead),
        ] {
            self.stored.get_or_create(&[("state", state)]).set(jobs);
        }
    }

    /// An attempt has ended. `kind` and `outcome` are labels: of few, written in the code of Belfry or of an operator's program.
    pub fn ended(&self, kind: &'static str, outcome: &'static str) {
        let labels = [("outcome", outcome), ("type", kind)];
        self.attempts.get_or_create(&labels).inc();
    }

    /// A job that came with a message was done.
    pub fn enriched(&self) {
        self.done.inc();
        self.enriched.inc();
    }

    /// An attempt at a job of that type took so long.
    pub fn took(&self, kind: &'static str, time: Duration) {
        let label = [("type", kind)];
        self.seconds
            .get_or_create(&label)
            .observe(time.as_secs_f64());
    }

    /// Notes how many slots there are, and how many of them are free.
    pub fn slots(&self, all: usize, free: usize) {
        self.slots.set(all as i64);
        self.slots_busy.set(all.saturating_sub(free) as i64);
    }
}
