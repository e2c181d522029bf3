//! What this process commits: how many changes, how many at once, what waits, and what follows from them.

use prometheus_client::metrics::{
    counter::Counter, family::Family, gauge::Gauge, histogram::Histogram,
};

use super::{Label, catalog::Catalog, counters, seconds};

/// The writer of this process, and what it has the cache and the queue told.
#[derive(Debug)]
pub struct CommitFigures {
    /// Messages committed.
    pub messages: Counter,
    /// Changes of what is there already, committed, by `kind`.
    pub acts: Family<Label, Counter>,
    /// People in one gathered change of claps.
    pub clappers_at_once: Histogram,
    /// From taking a change to its commit, in seconds.
    pub seconds: Histogram,
    /// Changes in one call of the store.
    pub batch_size: Histogram,
    /// Calls of the writer that failed.
    pub failures: Counter,
    /// Changes that wait to be committed, or are on their way.
    pub waiting: Gauge,
    /// The bytes of their texts.
    pub waiting_bytes: Gauge,
    /// Cache and queue work dropped because it could not be done in time.
    pub aftermath_dropped: Counter,
}

impl CommitFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        Self {
            messages: catalog.counter("messages_committed", "Messages committed by this process"),
            acts: catalog.add(
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
            clappers_at_once: catalog.add(
                "clappers_at_once",
                &[],
                "People in one gathered change of claps",
                Histogram::new([
                    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0,
                ]),
            ),
            seconds: catalog.add(
                "commit_seconds",
                &[],
                "From taking a change to its commit",
                seconds(),
            ),
            batch_size: catalog.add(
                "commit_batch_size",
                &[],
                "Changes in one call of the store",
                Histogram::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0]),
            ),
            failures: catalog.counter("commit_failures", "Failed calls of the writer"),
            waiting: catalog.gauge(
                "writer_waiting",
                "Changes that wait to be committed, or are on their way",
            ),
            waiting_bytes: catalog.gauge("writer_waiting_bytes", "Bytes of text in those changes"),
            aftermath_dropped: catalog.counter(
                "aftermath_dropped",
                "Changes whose cache or queue work was dropped",
            ),
        }
    }
}
