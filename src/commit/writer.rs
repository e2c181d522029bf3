//! Group commit: while batches are on their way to the store, the next one gathers.
//!
//! What is handed in goes out at once while nothing is under way. Else it gathers: a batch costs the store and everybody behind it far
//! more than one more change in it, so another one is sent beside those under way only when it is large, or when somebody has
//! waited for 10 ms. A room is in one batch at a time, so its changes keep their order; of a change that depends on another
//! one of its batch, the next batch is made, and only its room waits for it. A batch is one call of the store, in one transaction, so no
//! lock outlives a round trip even if this process freezes. After the commit the room's hub is told, then whoever waits, then
//! [the rest](super::aftermath).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    sync::{mpsc, oneshot},
    task::{Id, JoinError, JoinSet},
    time::{Instant, sleep_until, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::Instrument;

use super::{
    aftermath::Aftermath,
    recorded::{self, Recorded},
};
use crate::{
    domain::{
        batch::independent,
        change::{Act, Change, Deed, Outcome, RoomChange},
        error::Problem,
        id::RoomId,
    },
    metrics::Metrics,
    ports::{BackendError, store::Store},
    room::hubs::Hubs,
    telemetry::trace::Trace,
};

/// Changes in one call of the store.
const BATCH_MAX: usize = 512;
/// So many changes make a batch beside those under way.
const LARGE: usize = 192;
/// So long a change waits at most for its batch to become large, while there may be another one.
const GATHERED_FOR: Duration = Duration::from_millis(10);
/// Changes that may wait to be looked at, and as many again to be committed; beyond, a send is `unavailable` at once.
const WAITING_MAX: usize = 16_384;
/// Bytes of text in all changes that wait or are on their way; beyond, a send is `unavailable` at once.
const WEIGHT_MAX: i64 = 64 * 1024 * 1024;
/// After so long whoever waits is told `unavailable`; the outcome is unknown.
const PATIENCE: Duration = Duration::from_secs(3);

/// Where changes are handed in.
pub struct Writer {
    waiting: mpsc::Sender<Pending>,
    weight: Load,
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
    /// Where whoever asked for it stands.
    trace: Option<Trace>,
    _weight: Weight,
}

impl Waiter {
    fn waits(&self, now: Instant) -> bool {
        now.duration_since(self.taken) < PATIENCE && !self.done.is_closed()
    }
}

/// What a change counts in the writer's bound, for as long as it is here.
struct Weight {
    bytes: i64,
    all: Load,
}

/// How many changes are here, and how many bytes of text in them.
#[derive(Clone)]
struct Load {
    changes: Gauge,
    bytes: Gauge,
}

impl Weight {
    fn of(change: &Change, all: &Load) -> Option<Self> {
        let bytes = match change {
            Change::Send(message) => message.content.len(),
            Change::Act(Act {
                deed: Deed::Edit { content, .. },
                ..
            }) => content.len(),
            _ => 0,
        };
        let weight = Self {
            bytes: bytes as i64,
            all: all.clone(),
        };
        all.changes.inc();
        let before = all.bytes.inc_by(weight.bytes);
        (before + weight.bytes <= WEIGHT_MAX).then_some(weight)
    }
}

impl Drop for Weight {
    fn drop(&mut self) {
        self.all.changes.dec();
        self.all.bytes.dec_by(self.bytes);
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
    /// Starts it, with as many batches under way at once as the store likes to have.
    pub fn start(
        at_once: usize,
        store: Arc<dyn Store>,
        hubs: Arc<Hubs>,
        aftermath: Aftermath,
        metrics: Arc<Metrics>,
    ) -> Self {
        let tasks = TaskTracker::new();
        let closing = CancellationToken::new();
        let (sender, waiting) = mpsc::channel(WAITING_MAX);
        let weight = Load {
            changes: metrics.commits.waiting.clone(),
            bytes: metrics.commits.waiting_bytes.clone(),
        };
        let desk = Desk {
            waiting,
            closing: closing.clone(),
            committer: Arc::new(Committer {
                store,
                hubs,
                aftermath,
                metrics,
            }),
            at_once: at_once.max(1),
            pending: Vec::new(),
            ready: Ready::default(),
            underway: JoinSet::new(),
            rooms: HashMap::new(),
            busy: HashSet::new(),
        };
        tasks.spawn(desk.run());
        Self {
            waiting: sender,
            weight,
            closing,
            tasks,
        }
    }

    /// Hands a change in without waiting. Changes of one room are committed in the order in which they were handed in here.
    pub fn submit(&self, change: Change) -> Result<Submitted, Problem> {
        let taken = Instant::now();
        let (done, outcome) = oneshot::channel();
        let weight = Weight::of(&change, &self.weight).ok_or_else(Problem::unavailable)?;
        let waiter = Waiter {
            taken,
            done,
            trace: Trace::current(),
            _weight: weight,
        };
        let handed_in = self.waiting.try_send(Pending { change, waiter });
        handed_in.map_err(|_| Problem::unavailable())?;
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

/// Where changes wait, and which of them go when.
struct Desk {
    waiting: mpsc::Receiver<Pending>,
    closing: CancellationToken,
    committer: Arc<Committer>,
    at_once: usize,
    /// In the order in which they were handed in.
    pending: Vec<Pending>,
    ready: Ready,
    underway: JoinSet<()>,
    /// The rooms of each batch under way.
    rooms: HashMap<Id, Vec<RoomId>>,
    /// All of them.
    busy: HashSet<RoomId>,
}

/// The pending changes whose rooms are in no batch under way.
#[derive(Default)]
struct Ready {
    count: usize,
    first: Option<Instant>,
}

impl Ready {
    fn add(&mut self, taken: Instant) {
        self.count += 1;
        self.first = Some(self.first.map_or(taken, |first| first.min(taken)));
    }
}

impl Desk {
    async fn run(mut self) {
        loop {
            while self.is_due() {
                self.start();
            }
            if self.waiting.is_closed() && self.waiting.is_empty() && self.pending.is_empty() {
                while let Some(ended) = self.underway.join_next_with_id().await {
                    self.release(ended);
                }
                return;
            }
            let due = self.ready.first.map(|first| first + GATHERED_FOR);
            let due = due.filter(|_| self.underway.len() < self.at_once);
            let (room, seen) = (WAITING_MAX - self.pending.len(), self.pending.len());
            tokio::select! {
                biased;
                Some(ended) = self.underway.join_next_with_id() => self.release(ended),
                taken = self.waiting.recv_many(&mut self.pending, room.min(BATCH_MAX)), if room > 0 && !self.is_over() => {
                    for it in &self.pending[seen..seen + taken] {
                        if !self.busy.contains(it.change.room()) {
                            self.ready.add(it.waiter.taken);
                        }
                    }
                }
                () = self.closing.cancelled(), if !self.waiting.is_closed() => self.waiting.close(),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                else => {}
            }
        }
    }

    /// Nothing will come any more.
    fn is_over(&self) -> bool {
        self.waiting.is_closed() && self.waiting.is_empty()
    }

    /// Whether a batch is to be sent now.
    fn is_due(&self) -> bool {
        let Some(first) = self.ready.first else {
            return false;
        };
        self.underway.is_empty()
            || self.underway.len() < self.at_once
                && (self.ready.count >= LARGE || first.elapsed() >= GATHERED_FOR)
    }

    fn start(&mut self) {
        let now = Instant::now();
        // Nobody waits for these any more, so nobody may be told that they were done.
        let mut pending = std::mem::take(&mut self.pending);
        pending.retain(|it| it.waiter.waits(now));
        let ready: Vec<bool> = pending
            .iter()
            .map(|it| !self.busy.contains(it.change.room()))
            .collect();
        let in_question = pending.iter().zip(&ready).filter(|(_, ready)| **ready);
        let first = independent(in_question.map(|(it, _)| &it.change));
        let (mut first, mut later) = (first.into_iter(), Vec::new());
        let (mut changes, mut waiters, mut rooms) = (Vec::new(), Vec::new(), Vec::new());
        for (it, ready) in pending.into_iter().zip(ready) {
            if ready && first.next() == Some(true) && changes.len() < BATCH_MAX {
                if self.busy.insert(it.change.room().clone()) {
                    rooms.push(it.change.room().clone());
                }
                changes.push(it.change);
                waiters.push(it.waiter);
            } else {
                later.push(it);
            }
        }
        self.pending = later;
        if !changes.is_empty() {
            let committer = self.committer.clone();
            let task = self
                .underway
                .spawn(async move { committer.commit(changes, waiters).await });
            self.rooms.insert(task.id(), rooms);
        }
        self.count();
    }

    /// A batch has come to its end, and its rooms may be in another.
    fn release(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a batch of changes has failed");
                error.id()
            }
        };
        for room in self.rooms.remove(&id).unwrap_or_default() {
            self.busy.remove(&room);
        }
        self.count();
    }

    fn count(&mut self) {
        self.ready = Ready::default();
        for it in &self.pending {
            if !self.busy.contains(it.change.room()) {
                self.ready.add(it.waiter.taken);
            }
        }
    }
}

/// Takes batches to the store, and what has come of them to everybody else.
struct Committer {
    store: Arc<dyn Store>,
    hubs: Arc<Hubs>,
    aftermath: Aftermath,
    metrics: Arc<Metrics>,
}

impl Committer {
    /// Where one of the changes is what the store cannot take, or cannot tell of, the others do not suffer for it: they are
    /// committed in halves. Asked for again, nothing is done twice.
    async fn commit(&self, changes: Vec<Change>, waiters: Vec<Waiter>) {
        for waiter in &waiters {
            recorded::waited(waiter.trace.as_ref(), waiter.taken);
        }
        let mut parts = vec![(changes, waiters)];
        while let Some((mut changes, mut waiters)) = parts.pop() {
            self.metrics
                .commits
                .batch_size
                .observe(changes.len() as f64);
            let span = tracing::debug_span!("commit", changes = changes.len());
            let mut recorded = Recorded::begin(waiters.iter().map(|it| it.trace.as_ref()));
            match self.store.commit(&changes).instrument(span).await {
                Ok(outcomes) => self.committed(&changes, outcomes, waiters, recorded),
                Err(error @ BackendError::Fault { .. }) if changes.len() > 1 => {
                    recorded.failed(&error);
                    let half = changes.len() / 2;
                    parts.push((changes.split_off(half), waiters.split_off(half)));
                    parts.push((changes, waiters));
                }
                Err(error) => {
                    self.metrics.commits.failures.inc();
                    recorded.failed(&error);
                    // Of a fault one change is left; of an outage the store has said itself what there is to say.
                    let log = || error.log("changes were not committed");
                    match waiters.first().and_then(|waiter| waiter.trace.as_ref()) {
                        Some(trace) => trace.within(log),
                        None => log(),
                    }
                    for waiter in waiters {
                        let _ = waiter.done.send(Err(Problem::unavailable()));
                    }
                }
            }
        }
    }

    fn committed(
        &self,
        changes: &[Change],
        outcomes: Vec<Outcome>,
        waiters: Vec<Waiter>,
        mut recorded: Recorded,
    ) {
        let mut by_room: HashMap<RoomId, Vec<RoomChange>> = HashMap::new();
        let (mut jobs, mut sent) = (Vec::new(), 0_u64);
        for (place, (change, outcome)) in changes.iter().zip(&outcomes).enumerate() {
            recorded.came_to(place, outcome);
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
                let trace = recorded.enqueued(committed.room(), committed.rev(), job);
                jobs.push(super::aftermath::enrich_ticket(job, message, trace));
            }
            sent += u64::from(matches!(change, Change::Send(_)));
            if let Some(kind) = kind_of(change) {
                self.metrics
                    .commits
                    .acts
                    .get_or_create(&[("kind", kind)])
                    .inc();
            }
            by_room
                .entry(committed.room().clone())
                .or_default()
                .push(committed.clone());
        }
        self.metrics.commits.messages.inc_by(sent);
        for (room, changes) in by_room {
            let (marks, here) = recorded.published(&room);
            self.aftermath.publish(&room, &changes, &marks);
            if !here.is_empty() {
                self.hubs.recorded(&room, here);
            }
            self.hubs.committed(&room, changes);
        }
        self.aftermath.enqueue(jobs);
        let now = Instant::now();
        for (waiter, outcome) in waiters.into_iter().zip(outcomes) {
            let time = now.duration_since(waiter.taken);
            self.metrics.commits.seconds.observe(time.as_secs_f64());
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
