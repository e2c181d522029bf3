//! What an operator can count: the whole set of figures behind `/metrics`, with bounded labels.
//!
//! No label has a value that somebody outside can make up: none is an id, a name or a path. What a socket or a delivery costs is a few
//! atomic additions; series are looked up once, or where something happens that costs far more.

mod backends;
mod catalog;
mod events;
mod jobs;
mod process;
mod requests;

use std::sync::Weak;

use parking_lot::Mutex;
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

pub use self::{
    backends::{BusFigures, Operation, PoolFigures, Pools, RedisFigures, StoreFigures},
    catalog::Figure,
    events::{EventFigures, Timed},
    jobs::JobFigures,
    requests::RequestFigures,
};
use self::{catalog::Catalog, process::ProcessFigures};

/// One label, of a name and a value that are both written in the code.
pub type Label = [(&'static str, &'static str); 1];
/// Two of them.
pub type Pair = [(&'static str, &'static str); 2];

/// Something with pools of connections.
pub trait Pooled: Send + Sync {
    /// Notes how many connections there are now. Does not wait.
    fn note_pools(&self);
}

/// The figures of one process. Each is cheap to touch from any task.
pub struct Metrics {
    catalog: Catalog,
    process: ProcessFigures,
    pooled: Mutex<Vec<Weak<dyn Pooled>>>,
    /// Sockets that are connected now.
    pub sockets: Gauge,
    /// TCP connections to where clients come.
    pub connections: ConnectionFigures,
    /// Sessions of the transport that are open now, by `transport`.
    pub engine_sessions: EngineFigures,
    /// Handshakes of the socket that were refused, by `code`.
    handshakes_refused: Family<Label, Counter>,
    /// Events of clients.
    pub events: EventFigures,
    /// Requests over HTTP.
    pub requests: RequestFigures,
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
    /// From a commit to when the room has handed it to its sockets, in seconds: of this process's own commits.
    pub delivery_seconds: Histogram,
    /// From when another process took a message to the same here, by the clocks of two machines.
    pub remote_delivery_seconds: Histogram,
    /// From taking a send to its commit, in seconds.
    pub commit_seconds: Histogram,
    /// Changes in one call of the store.
    pub batch_size: Histogram,
    /// Calls of the writer that failed.
    pub commit_failures: Counter,
    /// Changes that wait to be committed, or are on their way.
    pub writer_waiting: Gauge,
    /// The bytes of their texts.
    pub writer_waiting_bytes: Gauge,
    /// Holes in a room's revisions that the store had to close.
    pub holes_closed: Counter,
    /// Times that all sockets here were told that personal events may have been missed.
    pub resyncs: Counter,
    /// Sockets and connections that were cut, by reason.
    links_cut: Family<Label, Counter>,
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
    /// Jobs by type, the queue, and the worker.
    pub jobs: JobFigures,
    /// Jobs that the sweep handed to the queue again.
    pub jobs_swept: Counter,
    /// Cache and queue work dropped because it could not be done in time.
    pub aftermath_dropped: Counter,
    /// What was refused because it came too often, by limit.
    rate_limited: Family<Label, Counter>,
    /// Limits decided by this replica alone, because those that replicas share could not be asked.
    pub limits_alone: Counter,
    /// Calls of the store.
    pub store: StoreFigures,
    /// Connections to the store and to Redis.
    pub pools: Pools,
    /// Redis, and the bus over it.
    pub redis: RedisFigures,
    /// Whether traffic should come here.
    pub ready: Gauge,
    /// Whether the store answers.
    pub store_up: Gauge,
    /// Whether Redis does; 1 where there is none.
    pub redis_up: Gauge,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// TCP connections to where clients come.
#[derive(Debug, Clone, Default)]
pub struct ConnectionFigures {
    /// Open now.
    pub open: Gauge,
    /// Accepted since the start.
    pub accepted: Counter,
    /// Could not be accepted, most likely for want of descriptors.
    pub failed: Counter,
}

/// Sessions of the transport below the socket.
#[derive(Debug)]
pub struct EngineFigures {
    polling: Gauge,
    websocket: Gauge,
    opened: Family<Label, Counter>,
    closed: Family<Label, Counter>,
}

impl EngineFigures {
    fn of(&self, is_websocket: bool) -> &Gauge {
        if is_websocket {
            &self.websocket
        } else {
            &self.polling
        }
    }

    /// A session was opened.
    pub fn opened(&self, is_websocket: bool) {
        self.of(is_websocket).inc();
        let transport = if is_websocket { "websocket" } else { "polling" };
        let label = [("transport", transport)];
        self.opened.get_or_create(&label).inc();
    }

    /// A session has moved from polling to a websocket.
    pub fn upgraded(&self) {
        self.polling.dec();
        self.websocket.inc();
    }

    /// A session has ended. `reason` is a label: one of few, written in the code.
    pub fn closed(&self, is_websocket: bool, reason: &'static str) {
        self.of(is_websocket).dec();
        self.closed.get_or_create(&[("reason", reason)]).inc();
    }
}

/// A counter for each outcome, there from the start: a ratio needs its zeros.
fn counters<const N: usize>(
    name: &'static str,
    values: [&'static str; N],
) -> Family<Label, Counter> {
    let family = Family::<Label, Counter>::default();
    for value in values {
        let _ = family.get_or_create(&[(name, value)]);
    }
    family
}

/// For what takes from a millisecond to a few seconds.
fn seconds() -> Histogram {
    Histogram::new([
        0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 2.0, 4.0,
    ])
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All figures at zero.
    pub fn new() -> Self {
        let mut catalog = Catalog::default();
        let c = &mut catalog;
        let process = ProcessFigures::of(c);
        let build: Family<Label, Gauge> = c.add(
            "build_info",
            &["version"],
            "Always 1; the label says what runs",
            Family::default(),
        );
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        build.get_or_create(&version).set(1);
        let engine: Family<Label, Gauge> = c.add(
            "engine_sessions",
            &["transport"],
            "Sessions of the transport that are open, by how their packets travel",
            Family::default(),
        );
        let pools = Pools::of(c);
        let mut gauge = |name, help| c.add(name, &[], help, Gauge::default());
        let (sockets, live_rooms, queued_bytes) = (
            gauge("sockets", "Connected sockets"),
            gauge("live_rooms", "Rooms live on this replica"),
            gauge(
                "queued_bytes",
                "Bytes queued for sockets that have not taken them",
            ),
        );
        let (writer_waiting, writer_waiting_bytes) = (
            gauge(
                "writer_waiting",
                "Changes that wait to be committed, or are on their way",
            ),
            gauge("writer_waiting_bytes", "Bytes of text in those changes"),
        );
        let (ready, store_up, redis_up) = (
            gauge(
                "ready",
                "Whether traffic should come here: 1 or 0, looked at every 5 s",
            ),
            gauge(
                "store_up",
                "Whether the store answers: 1 or 0, asked every 5 s",
            ),
            gauge(
                "redis_up",
                "Whether Redis answers: 1 or 0, looked at every 5 s; 1 where there is none",
            ),
        );
        let jobs_running = gauge("jobs_running", "Jobs being done by this process");
        let connections_open = gauge(
            "tcp_connections",
            "TCP connections of clients that are open",
        );
        let mut counter = |name, help| c.add(name, &[], help, Counter::default());
        let connections = ConnectionFigures {
            open: connections_open,
            accepted: counter(
                "tcp_accepted",
                "TCP connections of clients that were accepted",
            ),
            failed: counter(
                "tcp_accept_failures",
                "Times that no connection could be accepted, most likely for want of descriptors",
            ),
        };
        let (joins, messages, deliveries, resyncs) = (
            counter("joins", "Joins answered with a history"),
            counter("messages_committed", "Messages committed by this process"),
            counter("deliveries", "Packets handed to sockets by rooms"),
            counter(
                "resyncs",
                "Times that all sockets here were told that personal events may have been missed",
            ),
        );
        let (commit_failures, holes_closed, aftermath_dropped, limits_alone) = (
            counter("commit_failures", "Failed calls of the writer"),
            counter(
                "holes_closed",
                "Holes in a room's revisions closed by the store",
            ),
            counter(
                "aftermath_dropped",
                "Changes whose cache or queue work was dropped",
            ),
            counter("limits_alone", "Limits decided by this replica alone"),
        );
        let (jobs_done, jobs_failed, jobs_dead, jobs_cancelled, jobs_handed_back, jobs_swept) = (
            counter("jobs_done", "Jobs done by this process"),
            counter("jobs_failed", "Failed attempts at a job"),
            counter("jobs_dead", "Jobs given up"),
            counter("jobs_cancelled", "Jobs ended as their owners wanted"),
            counter(
                "jobs_handed_back",
                "Jobs left to other workers before they were done",
            ),
            counter("jobs_swept", "Jobs handed to the queue again"),
        );
        Self {
            process,
            pooled: Mutex::default(),
            sockets,
            connections,
            engine_sessions: EngineFigures {
                polling: engine.get_or_create_owned(&[("transport", "polling")]),
                websocket: engine.get_or_create_owned(&[("transport", "websocket")]),
                opened: c.add(
                    "engine_sessions_opened",
                    &["transport"],
                    "Sessions of the transport that were opened, by how they began",
                    counters("transport", ["polling", "websocket"]),
                ),
                closed: c.add(
                    "engine_sessions_closed",
                    &["reason"],
                    "Sessions of the transport that have ended, by reason",
                    counters(
                        "reason",
                        [
                            "transport_close",
                            "transport_error",
                            "heartbeat",
                            "protocol",
                            "two_polls",
                        ],
                    ),
                ),
            },
            handshakes_refused: c.add(
                "handshakes_refused",
                &["code"],
                "Handshakes of the socket that were refused, by the code of the refusal",
                counters("code", ["unauthenticated", "unavailable"]),
            ),
            events: EventFigures::of(c),
            requests: RequestFigures::of(c),
            live_rooms,
            joins,
            messages,
            acts: c.add(
                "acts_committed",
                &["kind"],
                "Changes of messages and rooms committed by this process",
                counters(
                    "kind",
                    [
                        "edit",
                        "delete",
                        "react",
                        "clap",
                        "update_room",
                        "delete_room",
                    ],
                ),
            ),
            clappers_at_once: c.add(
                "clappers_at_once",
                &[],
                "People in one gathered change of claps",
                Histogram::new([
                    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0,
                ]),
            ),
            deliveries,
            delivery_seconds: c.add(
                "delivery_seconds",
                &[],
                "From a commit of this process to when the room has handed the change to its sockets here, once a change",
                seconds(),
            ),
            remote_delivery_seconds: c.add(
                "remote_delivery_seconds",
                &[],
                "From when another process took a message to when its room has handed it to its sockets here, once a message: commit and bus included, by the clocks of two machines",
                seconds(),
            ),
            commit_seconds: c.add(
                "commit_seconds",
                &[],
                "From taking a change to its commit",
                seconds(),
            ),
            batch_size: c.add(
                "commit_batch_size",
                &[],
                "Changes in one call of the store",
                Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            ),
            commit_failures,
            writer_waiting,
            writer_waiting_bytes,
            holes_closed,
            resyncs,
            links_cut: c.add(
                "links_cut",
                &["reason"],
                "Sockets and connections that were cut, by reason",
                counters(
                    "reason",
                    [
                        "bytes",
                        "packets",
                        "time",
                        "heartbeat",
                        "unacknowledged",
                        "protocol",
                        "expired",
                        "drain",
                        "failed",
                        "handshake",
                    ],
                ),
            ),
            queued_bytes,
            cache_reads: c.add(
                "cache_reads",
                &["outcome"],
                "Reads of recent messages, by what the cache had: hit, behind (the store added what is newer), miss, unanswered",
                counters("outcome", ["hit", "behind", "miss", "unanswered"]),
            ),
            cache_fills: c.add(
                "cache_fills",
                &["outcome"],
                "Lists of recent messages brought from the store to the cache: done, failed, left to a fill that was under way",
                counters("outcome", ["done", "failed", "left"]),
            ),
            jobs_done,
            jobs_failed,
            jobs_dead,
            jobs_cancelled,
            jobs_handed_back,
            jobs_running,
            job_wait_seconds: c.add(
                "job_wait_seconds",
                &[],
                "From when a job could be started to its start, by the clocks of two machines",
                Histogram::new([
                    0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 4.0, 16.0,
                    64.0,
                ]),
            ),
            jobs: JobFigures::of(c),
            jobs_swept,
            aftermath_dropped,
            rate_limited: c.add(
                "rate_limited",
                &["limit"],
                "Requests refused because they came too often, by limit",
                counters("limit", ["events", "send"]),
            ),
            limits_alone,
            store: StoreFigures::of(c),
            redis: RedisFigures::of(c, &pools),
            pools,
            ready,
            store_up,
            redis_up,
            catalog,
        }
    }

    /// Counts a refusal. `limit` is a label: one of few, written in the code.
    pub fn refused(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&[("limit", limit)]).inc();
    }

    /// Counts a cut. `reason` is a label: one of few, written in the code.
    pub fn cut(&self, reason: &'static str) {
        self.links_cut.get_or_create(&[("reason", reason)]).inc();
    }

    /// Counts a refused handshake. `code` is a label: one of few, written in the code.
    pub fn handshake_refused(&self, code: &'static str) {
        let label = [("code", code)];
        self.handshakes_refused.get_or_create(&label).inc();
    }

    /// From now on `pooled` is asked for its connections before each scrape, for as long as it is there.
    pub fn watch_pools(&self, pooled: Weak<dyn Pooled>) {
        self.pooled.lock().push(pooled);
    }

    /// Counts descriptors, which takes a while where there are many. Blocks; to be called now and then.
    pub fn count_descriptors(&self) {
        self.process.count_descriptors();
    }

    /// All figures, with what they mean.
    pub fn figures(&self) -> &[Figure] {
        self.catalog.figures()
    }

    /// All figures in Prometheus's text format. Asks nobody, and walks nothing that grows with sockets or rooms.
    pub fn render(&self) -> String {
        self.process.read();
        let pooled: Vec<_> = self
            .pooled
            .lock()
            .iter()
            .filter_map(Weak::upgrade)
            .collect();
        pooled.iter().for_each(|it| it.note_pools());
        self.catalog.written()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row of `docs/observability.md`.
    fn row(figure: &Figure) -> String {
        let Figure {
            name,
            kind,
            labels,
            help,
        } = figure;
        let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
        format!("| `{name}` | {kind} | {} | {help} |", labels.join(", "))
    }

    #[test]
    fn the_table_in_the_documents_is_the_whole_list() {
        let document = include_str!("../../docs/observability.md");
        let written: Vec<&str> = document
            .lines()
            .filter(|line| line.starts_with("| `belfry_") || line.starts_with("| `process_"))
            .collect();
        let mut known: Vec<String> = Metrics::new().figures().iter().map(row).collect();
        known.sort();
        assert_eq!(
            written,
            known,
            "docs/observability.md; as it should be:\n{}",
            known.join("\n")
        );
    }

    #[test]
    fn a_scrape_shows_only_what_is_known_each_series_once() {
        let metrics = Metrics::new();
        metrics
            .events
            .refused("made up by somebody", crate::domain::error::Code::Internal);
        metrics
            .requests
            .answered("MADE-UP", None, 299, std::time::Duration::ZERO);
        metrics.jobs.ended("unknown", "done");
        let text = metrics.render();
        let mut seen = std::collections::HashSet::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let (series, _) = line.rsplit_once(' ').expect("a value");
            assert!(seen.insert(series), "{series} is there twice");
            let name = series.split('{').next().unwrap_or_default();
            let is_known = metrics.figures().iter().any(|figure| {
                let rest = name.strip_prefix(&*figure.name);
                match figure.kind {
                    "histogram" => {
                        rest.is_some_and(|it| ["_bucket", "_sum", "_count"].contains(&it))
                    }
                    _ => rest == Some(""),
                }
            });
            assert!(is_known, "{name} is not in the list");
        }
        assert!(
            !text.to_lowercase().contains("made"),
            "a label that somebody made up"
        );
    }
}
