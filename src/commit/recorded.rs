//! Commits that are recorded: of each change how long it waited, its commit, and what followed from it.
//!
//! Changes of many traces are committed together, so each has a span of its own for the same call, which says how many there were.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{
    domain::{
        Rev,
        change::Outcome,
        id::{JobId, RoomId},
        trace::{Mark, TraceContext},
    },
    ports::BackendError,
    telemetry::trace::{Span, SpanKind, Trace},
};

/// What is recorded of one batch; empty, and nearly free, where nothing is.
#[derive(Default)]
pub(super) struct Recorded {
    /// By the change's place in the batch. Every change looks for its own here and few find one, which costs no hash.
    commits: BTreeMap<usize, Span>,
    rooms: HashMap<RoomId, Vec<(Rev, Trace)>>,
}

/// A change goes to the store for the first time: since when it has waited, where whoever asked for it is recorded.
pub(super) fn waited(trace: Option<&Trace>, taken: Instant) {
    if let Some(trace) = trace.filter(|trace| trace.is_recorded()) {
        drop(trace.span_since("wait", SpanKind::Internal, ago(taken.elapsed())));
    }
}

impl Recorded {
    /// A batch goes to the store, or a part of one that it could not take. For each of its changes, where whoever asked for it stands.
    pub(super) fn begin<'a>(asked: impl ExactSizeIterator<Item = Option<&'a Trace>>) -> Self {
        let together = asked.len() as i64;
        let mut commits = BTreeMap::new();
        for (place, trace) in asked.enumerate() {
            let Some(trace) = trace.filter(|trace| trace.is_recorded()) else {
                continue;
            };
            if let Some(mut span) = trace.span("commit", SpanKind::Client) {
                span.set("belfry.changes_together", together);
                commits.insert(place, span);
            }
        }
        Self {
            commits,
            rooms: HashMap::new(),
        }
    }

    /// None of them was committed.
    pub(super) fn failed(&mut self, error: &BackendError) {
        for span in self.commits.values_mut() {
            span.failed(match error {
                BackendError::Unavailable { .. } => "unavailable",
                BackendError::Fault { .. } => "internal",
            });
        }
    }

    /// What has become of one of them.
    pub(super) fn came_to(&mut self, place: usize, outcome: &Outcome) {
        let Some(mut span) = self.commits.remove(&place) else {
            return;
        };
        let (word, change) = match outcome {
            Outcome::Committed(change) => ("committed", Some(change)),
            Outcome::Already(change) => ("already", Some(change)),
            Outcome::Refused(_) => ("refused", None),
            _ => ("nothing", None),
        };
        span.set("belfry.outcome", word);
        if let Some(message) = change.and_then(|change| change.message()) {
            span.set("belfry.message.id", message.id.to_string());
        }
        if let Outcome::Committed(change) = outcome {
            let told = self.rooms.entry(change.room().clone()).or_default();
            told.push((change.rev(), span.place()));
        }
    }

    /// The job that came with it goes to the queue: where that stands.
    pub(super) fn enqueued(&self, room: &RoomId, rev: Rev, job: JobId) -> Option<TraceContext> {
        if self.rooms.is_empty() {
            return None;
        }
        let (_, place) = self
            .rooms
            .get(room)?
            .last()
            .filter(|(one, _)| *one == rev)?;
        let mut span = place.span("enqueue", SpanKind::Producer)?;
        span.set("belfry.job.id", job.to_string());
        Some(span.context())
    }

    /// Changes of a room are told: where that stands for other replicas, and for this one.
    pub(super) fn published(&mut self, room: &RoomId) -> (Vec<Mark>, Vec<(Rev, Trace)>) {
        if self.rooms.is_empty() {
            return Default::default();
        }
        let here = self.rooms.remove(room).unwrap_or_default();
        let marks = here.iter().filter_map(|(rev, place)| {
            let span = place.span("publish", SpanKind::Producer)?;
            Some(Mark {
                rev: *rev,
                context: span.context(),
            })
        });
        (marks.collect(), here)
    }
}

fn ago(time: Duration) -> SystemTime {
    let now = SystemTime::now();
    now.checked_sub(time).unwrap_or(now)
}
