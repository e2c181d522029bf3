//! Group commit: while one batch is on its way to the store, the next one gathers. There is no timer.
//!
//! Rooms are spread over a few lanes by their id, so that a room's changes keep their order and rooms do not wait for each other
//! more than they must: of a change that depends on another one of its batch, the next batch is made, and only its room waits for it.
//! A batch is one call of the store, in one transaction, so no lock outlives a round trip even if this process freezes. After the commit the room's hub is told, then whoever waits, then [the rest](super::aftermath).

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::aftermath::Aftermath;
use crate::{
    domain::{
        change::{Act, Change, Deed, Outcome, RoomChange, independent},
        error::Problem,
        id::RoomId,
    },
    metrics::Metrics,
    ports::{BackendError, store::Store},
    room::hubs::Hubs,
};

/// Changes in one call of the store.
const BATCH_MAX: usize = 512;
/// Changes that may wait in one lane, and as many again for others of their rooms; beyond, a send is `unavailable` at once.
const WAITING_MAX: usize = 8_192;
/// Bytes of text in all changes that wait or are on their way; beyond, a send is `unavailable` at once.
const WEIGHT_MAX: usize = 64 * 1024 * 1024;
/// After so long whoever waits is told `unavailable`; the outcome is unknown.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where changes are handed in.
pub struct Writer {
    lanes: Vec<mpsc::Sender<Pending>>,
    weight: Arc<AtomicUsize>,
    hasher: std::hash::RandomState,
    closing: CancellationToken,
    tasks: TaskTracker,
}

struct Pending {
    change: Change,
    waiter: Waiter,
}

/// When a change was handed in, and who is to be told what became of it.
struct Waiter {
    taken: Instant,
    done: oneshot::Sender<Result<Outcome, Problem>>,
    _weight: Weight,
}

impl Waiter {
    fn waits(&self, now: Instant) -> bool {
        now.duration_since(self.taken) < PATIENCE && !self.done.is_closed()
    }
}

/// What a change counts in the writer's bound, for as long as it is here.
struct Weight {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Weight {
    fn of(change: &Change, all: &Arc<AtomicUsize>) -> Option<Self> {
        let bytes = match change {
            Change::Send(message) => message.content.len(),
            Change::Act(Act {
                deed: Deed::Edit { content, .. },
                ..
            }) => content.len(),
            _ => 0,
        };
        let weight = Self {
            bytes,
            all: all.clone(),
        };
        let before = all.fetch_add(bytes, Ordering::Relaxed);
        (before + bytes <= WEIGHT_MAX).then_some(weight)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A change that has been handed in.
pub struct Submitted {
    done: oneshot::Receiver<Result<Outcome, Problem>>,
    taken: Instant,
}

impl Submitted {
    /// Waits for the outcome, 3 s from handing in at most; after the commit, if there is one.
    pub async fn outcome(self) -> Result<Outcome, Problem> {
        match timeout_at(self.taken + PATIENCE, self.done).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable()),
        }
    }
}

impl Writer {
    /// Starts as many lanes as the store likes to have.
    pub fn start(
        lanes: usize,
        store: Arc<dyn Store>,
        hubs: Arc<Hubs>,
        aftermath: Aftermath,
        metrics: Arc<Metrics>,
    ) -> Self {
        let tasks = TaskTracker::new();
        let closing = CancellationToken::new();
        let lanes = (0..lanes.max(1))
            .map(|_| {
                let (sender, waiting) = mpsc::channel(WAITING_MAX);
                let lane = Lane {
                    waiting,
                    store: store.clone(),
                    hubs: hubs.clone(),
                    aftermath: aftermath.clone(),
                    metrics: metrics.clone(),
                    closing: closing.clone(),
                };
                tasks.spawn(lane.run());
                sender
            })
            .collect();
        Self {
            lanes,
            weight: Arc::default(),
            hasher: std::hash::RandomState::new(),
            closing,
            tasks,
        }
    }

    /// Hands a change in without waiting. Changes of one room are committed in the order in which they were handed in here.
    pub fn submit(&self, change: Change) -> Result<Submitted, Problem> {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(change.room().as_str().as_bytes());
        let lane = &self.lanes[(hasher.finish() % self.lanes.len() as u64) as usize];
        let taken = Instant::now();
        let (done, outcome) = oneshot::channel();
        let weight = Weight::of(&change, &self.weight).ok_or_else(Problem::unavailable)?;
        let waiter = Waiter {
            taken,
            done,
            _weight: weight,
        };
        lane.try_send(Pending { change, waiter })
            .map_err(|_| Problem::unavailable())?;
        Ok(Submitted {
            done: outcome,
            taken,
        })
    }

    /// Takes nothing more and ends when what has been handed in is committed.
    pub async fn finish(&self) {
        self.closing.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

struct Lane {
    waiting: mpsc::Receiver<Pending>,
    store: Arc<dyn Store>,
    hubs: Arc<Hubs>,
    aftermath: Aftermath,
    metrics: Arc<Metrics>,
    closing: CancellationToken,
}

impl Lane {
    async fn run(mut self) {
        let mut pending: Vec<Pending> = Vec::with_capacity(BATCH_MAX);
        while self.take(&mut pending).await {
            let now = Instant::now();
            // Nobody waits for these any more, so nobody may be told that they were done.
            pending.retain(|it| it.waiter.waits(now));
            let first = independent(pending.iter().map(|it| &it.change));
            let (mut changes, mut waiters) = (Vec::new(), Vec::new());
            let mut later = Vec::new();
            for (it, first) in pending.drain(..).zip(first) {
                if first && changes.len() < BATCH_MAX {
                    changes.push(it.change);
                    waiters.push(it.waiter);
                } else {
                    later.push(it);
                }
            }
            pending.append(&mut later);
            if !changes.is_empty() {
                self.commit(changes, waiters).await;
            }
        }
    }

    /// Adds what has come to what is pending; waits for it only if nothing is. False at the end.
    async fn take(&mut self, pending: &mut Vec<Pending>) -> bool {
        if self.closing.is_cancelled() {
            self.waiting.close();
        }
        while pending.is_empty() {
            let taken = tokio::select! {
                biased;
                taken = self.waiting.recv_many(pending, BATCH_MAX) => taken,
                () = self.closing.cancelled(), if !self.waiting.is_closed() => {
                    self.waiting.close();
                    continue;
                }
            };
            return taken > 0;
        }
        while pending.len() < WAITING_MAX
            && let Ok(next) = self.waiting.try_recv()
        {
            pending.push(next);
        }
        true
    }

    /// Where one of the changes is what the store cannot take, or cannot tell of, the others do not suffer for it: they are
    /// committed in halves. Asked for again, nothing is done twice.
    async fn commit(&self, changes: Vec<Change>, waiters: Vec<Waiter>) {
        let mut parts = vec![(changes, waiters)];
        while let Some((mut changes, mut waiters)) = parts.pop() {
            self.metrics.batch_size.observe(changes.len() as f64);
            let span = tracing::debug_span!("commit", changes = changes.len());
            match self.store.commit(&changes).instrument(span).await {
                Ok(outcomes) => self.committed(&changes, outcomes, waiters),
                Err(BackendError::Fault { .. }) if changes.len() > 1 => {
                    let half = changes.len() / 2;
                    parts.push((changes.split_off(half), waiters.split_off(half)));
                    parts.push((changes, waiters));
                }
                Err(error) => {
                    self.metrics.commit_failures.inc();
                    error.log("changes were not committed");
                    for waiter in waiters {
                        let _ = waiter.done.send(Err(Problem::unavailable()));
                    }
                }
            }
        }
    }

    fn committed(&self, changes: &[Change], outcomes: Vec<Outcome>, waiters: Vec<Waiter>) {
        let mut by_room: HashMap<RoomId, Vec<RoomChange>> = HashMap::new();
        let (mut jobs, mut sent) = (Vec::new(), 0_u64);
        for (change, outcome) in changes.iter().zip(&outcomes) {
            let Outcome::Committed(committed) = outcome else {
                continue;
            };
            let job = match change {
                Change::Send(new) => Some(new.job),
                Change::Act(Act {
                    deed: Deed::Edit { job, .. },
                    ..
                }) => Some(*job),
                _ => None,
            };
            if let (Some(job), Some(message)) = (job, committed.message()) {
                jobs.push(super::aftermath::enrich_job(job, message));
            }
            sent += u64::from(matches!(change, Change::Send(_)));
            if let Some(kind) = kind_of(change) {
                self.metrics.acts.get_or_create(&[("kind", kind)]).inc();
            }
            by_room
                .entry(committed.room().clone())
                .or_default()
                .push(committed.clone());
        }
        self.metrics.messages.inc_by(sent);
        for (room, changes) in by_room {
            self.aftermath.publish(&room, &changes);
            self.hubs.changes(&room, changes);
        }
        self.aftermath.enqueue(jobs);
        for (waiter, outcome) in waiters.into_iter().zip(outcomes) {
            self.metrics
                .commit_seconds
                .observe(waiter.taken.elapsed().as_secs_f64());
            let _ = waiter.done.send(Ok(outcome));
        }
    }
}

/// The word for a change in the figures; sends and enrichments have figures of their own.
fn kind_of(change: &Change) -> Option<&'static str> {
    match change {
        Change::Send(_) | Change::Enrich(_) => None,
        Change::Act(act) => Some(match act.deed {
            Deed::Edit { .. } => "edit",
            Deed::Delete => "delete",
            Deed::React { .. } => "react",
        }),
        Change::Clap(_) => Some("clap"),
        Change::UpdateRoom(_) => Some("update_room"),
        Change::DeleteRoom(_) => Some("delete_room"),
    }
}
