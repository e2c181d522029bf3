//! What an operator can count: the whole set of figures behind `/metrics`, with bounded labels.
//!
//! No label has a value that somebody outside can make up: none is an id, a name or a path. What a socket or a delivery costs is a few
//! atomic additions; series are looked up once, or where something happens that costs far more.

mod backends;
mod cache;
mod catalog;
mod commits;
mod events;
mod jobs;
mod process;
mod requests;
mod rooms;
mod sockets;

use std::sync::Weak;

use parking_lot::Mutex;
use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

pub use self::{
    backends::{BusFigures, Operation, PoolFigures, Pools, RedisFigures, StoreFigures},
    cache::CacheFigures,
    catalog::Figure,
    commits::CommitFigures,
    events::{EventFigures, Timed},
    jobs::JobFigures,
    requests::RequestFigures,
    rooms::RoomFigures,
    sockets::{ConnectionFigures, EngineFigures, SocketFigures},
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
    /// Sockets, and what is below them.
    pub sockets: SocketFigures,
    /// Events of clients.
    pub events: EventFigures,
    /// Requests over HTTP.
    pub requests: RequestFigures,
    /// Rooms that are live here.
    pub rooms: RoomFigures,
    /// What this process commits.
    pub commits: CommitFigures,
    /// The cache of recent messages.
    pub cache: CacheFigures,
    /// Jobs by type, the queue, and the worker.
    pub jobs: JobFigures,
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
        let pools = Pools::of(c);
        Self {
            process,
            pooled: Mutex::default(),
            sockets: SocketFigures::of(c),
            events: EventFigures::of(c),
            requests: RequestFigures::of(c),
            rooms: RoomFigures::of(c),
            commits: CommitFigures::of(c),
            cache: CacheFigures::of(c),
            jobs: JobFigures::of(c),
            rate_limited: c.add(
                "rate_limited",
                &["limit"],
                "Requests refused because they came too often, by limit",
                counters("limit", ["events", "send"]),
            ),
            limits_alone: c.counter("limits_alone", "Limits decided by this replica alone"),
            store: StoreFigures::of(c),
            redis: RedisFigures::of(c, &pools),
            pools,
            ready: c.gauge(
                "ready",
                "Whether traffic should come here: 1 or 0, looked at every 5 s",
            ),
            store_up: c.gauge(
                "store_up",
                "Whether the store answers: 1 or 0, asked every 5 s",
            ),
            redis_up: c.gauge(
                "redis_up",
                "Whether Redis answers: 1 or 0, looked at every 5 s; 1 where there is none",
            ),
            catalog,
        }
    }

    /// Counts a refusal. `limit` is a label: one of few, written in the code.
    pub fn refused(&self, limit: &'static str) {
        self.rate_limited.get_or_create(&[("limit", limit)]).inc();
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
