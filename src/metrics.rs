//! What an operator can count: the whole set of figures behind `/metrics`, with bounded labels.

use crate::ports::{
    queue::{Backlog, Line},
    store::JobCounts,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

/// One label, of a name and a value that are both written in the code.
pub type Label = [(&'static str, &'static str); 1];

/// The figures of one process. Each is cheap to touch from any task.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Sockets that are connected now.
    pub sockets: Gauge,
    /// Rooms that are live on this replica.
    pub live_rooms: Gauge,
    /// Joins that were answered with a history.
    pub joins: Counter,
    /// Messages committed by this process.
    pub messages: Counter,
    /// Changes of what is there already, committed by this process, by `kind`.
    pub acts: Family<Label, Counter>,
    /// People in one gathered change of claps.
    pub clappers_at_once: Histogram,
    /// Packets handed to sockets by rooms.
    pub deliveries: Counter,
    /// From taking a send to its commit, in seconds.
    pub commit_seconds: Histogram,
    /// Changes in one call of the store.
    pub batch_size: Histogram,
    /// Calls of the writer that failed.
    pub commit_failures: Counter,
    /// Holes in a room's revisions that the store had to close.
    pub holes_closed: Counter,
    /// Sockets and connections that were cut, by reason.
    links_cut: Family<ByReason, Counter>,
    /// Bytes that wait in this process for sockets that have not taken them yet, a shared packet counted once for each.
    pub queued_bytes: Gauge,
    /// Reads of recent messages, by `outcome`: `hit` (the cache answered), `behind` (it did, and the store added what is newer),
    /// `miss` (it had nothing of use) or `unanswered`; after these two the store answered.
    pub cache_reads: Family<Label, Counter>,
    /// Lists of recent messages read from the store and brought to the cache, by `outcome`: `done`, `failed`, or `left` because one
    /// was under way.
    pub cache_fills: Family<Label, Counter>,
    /// Jobs that were done by this process.
    pub jobs_done: Counter,
    /// Attempts at a job that failed.
    pub jobs_failed: Counter,
    /// Jobs given up after such an attempt.
    pub jobs_dead: Counter,
    /// Jobs that were ended as their owners wanted.
    pub jobs_cancelled: Counter,
    /// Jobs that were left to other workers before they were done.
    pub jobs_handed_back: Counter,
    /// Jobs that are being done here now, but for those that come with messages.
    pub jobs_running: Gauge,
    /// How long those could have been started before they were, in seconds, by the clocks of two machines.
    pub job_wait_seconds: Histogram,
    /// How long an attempt at one of those took, in seconds.
    pub job_seconds: Histogram,
    /// Jobs in the queue, by `line`: `messages`, the priorities, and those of any line whose time has not come; all workers' alike.
    jobs_queued: Family<Label, Gauge>,
    /// Jobs in the store, by `state`; all workers' alike.
    jobs_stored: Family<Label, Gauge>,
    /// Jobs that the sweep handed to the queue again.
    pub jobs_swept: Counter,
    /// Cache and queue work dropped because it could not be done in time.
    pub aftermath_dropped: Counter,
    /// What was refused because it came too often, by limit.
    rate_limited: Family<ByLimit, Counter>,
    /// Limits decided by this replica alone, because those that replicas share could not be asked.
    pub limits_alone: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByLimit {
    limit: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByReason {
    reason: &'static str,
}

/// A counter for each outcome, there from the start: a ratio needs its zeros.
fn counters<const N: usize>(outcomes: [&'static str; N]) -> Family<Label, Counter> {
    let family = Family::<Label, Counter>::default();
    for outcome in outcomes {
        let _ = family.get_or_create(&[("outcome", outcome)]);
    }
    family
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All figures at zero.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("belfry");
        let seconds = || {
            Histogram::new([
                0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0,
            ])
        };
        let sizes = || Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]);
        let metrics = Self {
            sockets: Gauge::default(),
            live_rooms: Gauge::default(),
            joins: Counter::default(),
            messages: Counter::default(),
            acts: Family::default(),
            clappers_at_once: Histogram::new([
                1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0,
            ]),
            deliveries: Counter::default(),
            commit_seconds: seconds(),
            batch_size: sizes(),
            commit_failures: Counter::default(),
            holes_closed: Counter::default(),
            links_cut: Family::default(),
            queued_bytes: Gauge::default(),
            cache_reads: counters(["hit", "behind", "miss", "unanswered"]),
            cache_fills: counters(["done", "failed", "left"]),
            jobs_done: Counter::default(),
            jobs_failed: Counter::default(),
            jobs_dead: Counter::default(),
            jobs_cancelled: Counter::default(),
            jobs_handed_back: Counter::default(),
            jobs_running: Gauge::default(),
            job_wait_seconds: Histogram::new([
                0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 4.0, 16.0, 64.0,
            ]),
            job_seconds: Histogram::new([
                0.001, 0.004, 0.016, 0.064, 0.256, 1.0, 4.0, 16.0, 64.0, 256.0,
            ]),
            jobs_queued: Family::default(),
            jobs_stored: Family::default(),
            jobs_swept: Counter::default(),
            aftermath_dropped: Counter::default(),
            rate_limited: Family::default(),
            limits_alone: Counter::default(),
            registry: Registry::default(),
        };
        registry.register("sockets", "Connected sockets", metrics.sockets.clone());
        registry.register(
            "live_rooms",
            "Rooms live on this replica",
            metrics.live_rooms.clone(),
        );
        registry.register(
            "joins",
            "Joins answered with a history",
            metrics.joins.clone(),
        );
        registry.register(
            "messages_committed",
            "Messages committed by this process",
            metrics.messages.clone(),
        );
        registry.register(
            "acts_committed",
            "Changes of messages and rooms committed by this process",
            metrics.acts.clone(),
        );
        registry.register(
            "clappers_at_once",
            "People in one gathered change of claps",
            metrics.clappers_at_once.clone(),
        );
        registry.register(
            "deliveries",
            "Packets handed to sockets by rooms",
            metrics.deliveries.clone(),
        );
        registry.register(
            "commit_seconds",
            "From taking a change to its commit",
            metrics.commit_seconds.clone(),
        );
        registry.register(
            "commit_batch_size",
            "Changes in one call of the store",
            metrics.batch_size.clone(),
        );
        registry.register(
            "commit_failures",
            "Failed calls of the writer",
            metrics.commit_failures.clone(),
        );
        registry.register(
            "holes_closed",
            "Holes in a room's revisions closed by the store",
            metrics.holes_closed.clone(),
        );
        registry.register(
            "links_cut",
            "Sockets and connections that were cut, by reason",
            metrics.links_cut.clone(),
        );
        registry.register(
            "queued_bytes",
            "Bytes queued for sockets that have not taken them",
            metrics.queued_bytes.clone(),
        );
        registry.register(
            "cache_reads",
            "Reads of recent messages, by what the cache had: hit, behind (the store added what is newer), miss, unanswered",
            metrics.cache_reads.clone(),
        );
        registry.register(
            "cache_fills",
            "Lists of recent messages brought from the store to the cache: done, failed, left to a fill that was under way",
            metrics.cache_fills.clone(),
        );
        registry.register(
            "jobs_done",
            "Jobs done by this process",
            metrics.jobs_done.clone(),
        );
        registry.register(
            "jobs_failed",
            "Failed attempts at a job",
            metrics.jobs_failed.clone(),
        );
        metrics.register_jobs(&mut registry);
        registry.register(
            "jobs_swept",
            "Jobs handed to the queue again",
            metrics.jobs_swept.clone(),
        );
        registry.register(
            "aftermath_dropped",
            "Changes whose cache or queue work was dropped",
            metrics.aftermath_dropped.clone(),
        );
        registry.register(
            "rate_limited",
            "Requests refused because they came too often, by limit",
            metrics.rate_limited.clone(),
        );
        registry.register(
            "limits_alone",
            "Limits decided by this replica alone",
            metrics.limits_alone.clone(),
        );
        Self {
            registry,
            ..metrics
        }
    }

    fn register_jobs(&self, registry: &mut Registry) {
        registry.register("jobs_dead", "Jobs given up", self.jobs_dead.clone());
        registry.register(
            "jobs_cancelled",
            "Jobs ended as their owners wanted",
            self.jobs_cancelled.clone(),
        );
        registry.register(
            "jobs_handed_back",
            "Jobs left to other workers before they were done",
            self.jobs_handed_back.clone(),
        );
        registry.register(
            "jobs_running",
            "Jobs being done by this process",
            self.jobs_running.clone(),
        );
        registry.register(
            "job_wait_seconds",
            "From when a job could be started to its start",
            self.job_wait_seconds.clone(),
        );
        registry.register(
            "job_seconds",
            "How long an attempt at a job took",
            self.job_seconds.clone(),
        );
        registry.register(
            "jobs_queued",
            "Jobs in the shared queue, by line",
            self.jobs_queued.clone(),
        );
        registry.register(
            "jobs_stored",
            "Jobs in the shared store that have not ended well, by state",
            self.jobs_stored.clone(),
        );
    }

    /// Notes what is in the queue.
    pub fn queued(&self, backlog: &Backlog) {
        let set = |line: &'static str, jobs: u64| {
            let jobs = i64::try_from(jobs).unwrap_or(i64::MAX);
            self.jobs_queued.get_or_create(&[("line", line)]).set(jobs);
        };
        for line in Line::ALL {
            set(line.as_str(), backlog.of(line));
        }
        set("delayed", backlog.delayed);
    }

    /// Notes what is in the store.
    pub fn stored(&self, counts: &JobCounts) {
        for (state, jobs) in [
            ("waiting", counts.waiting),
            ("active", counts.active),
            ("dead", counts.dead),
        ] {
            self.jobs_stored
                .get_or_create(&[("state", state)])
                .set(jobs);
        }
    }

    /// Counts a refusal. `limit` is a label: one of few, written in the code.
    pub fn refused(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&ByLimit { limit }).inc();
    }

    /// Counts a cut. `reason` is a label: one of few, written in the code.
    pub fn cut(&self, reason: &'static str) {
        self.links_cut.get_or_create(&ByReason { reason }).inc();
    }

    /// All figures in Prometheus's text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            tracing::error!(%error, "the metrics could not be written");
        }
        text
    }
}
