//! The worker: takes jobs from the queue, does them, and says what came of them. Beside the servers or inside one.
//!
//! The store's row is the truth about a job, the queue its fast path. What a message brings with it (`messages`) is done in
//! handfuls, and its row goes with what came of it. Any other job is started in the store (`claiming`), is this worker's for as long
//! as it renews the lease (`keeper`), is done in a task of its own (`attempt`), and its end is written together with
//! others (`ends`). What is lost on the way is handed out again (`sweep`). So a job is done at least once, whatever dies,
//! and each job may be done twice without harm.

mod alone;
mod attempt;
mod claiming;
mod counting;
mod early;
mod ends;
pub mod enrich;
mod floor;
mod forgetting;
mod gather;
mod keeper;
mod live;
mod messages;
mod pace;
mod pulse;
mod room;
mod settling;
mod sweep;
mod taking;
mod underway;

use std::{
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    runtime::Handle,
    sync::{Mutex, Notify, Semaphore},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

pub use self::pace::Pace;
use self::{
    ends::Ended, enrich::Enricher, floor::Floor, pulse::Pulse, room::Room, underway::Underway,
};
use crate::{
    domain::id::ReplicaId,
    jobs::Handlers,
    metrics::Metrics,
    ports::{
        queue::{Claim, Queue, Ticket},
        store::{Ending, Store},
    },
    room::tracker::Telling,
    telemetry::trace::Tracer,
};

/// How long the last words may take when nothing goes on any more.
const LAST_WORDS: Duration = Duration::from_millis(2_500);

/// What a worker works with.
#[derive(Clone)]
pub struct Worker {
    /// Where the jobs' rows are.
    pub store: Arc<dyn Store>,
    /// Where jobs come from.
    pub queue: Arc<dyn Queue>,
    /// What it does with messages.
    pub enricher: Enricher,
    /// What else it can do.
    pub handlers: Handlers,
    /// The way to the owners' sockets.
    pub telling: Telling,
    /// Figures.
    pub metrics: Arc<Metrics>,
    /// Where traces go.
    pub tracer: Tracer,
    /// This process.
    pub replica: ReplicaId,
    /// How many jobs it does at once, beside those that come with messages.
    pub at_once: usize,
    /// How long things take.
    pub pace: Pace,
}

/// A worker that has ended though nobody asked it to. What it had in hand is with others, at the latest when its leases have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the worker broke off")]
pub struct Broken;

impl Worker {
    /// Works until `stop`. What runs by then has 2 s to end, or is handed back, so that another worker does it at once. Ends within 5 s of
    /// `stop`. Ends so by itself, with [`Broken`], when a part of it breaks off, which would be a fault of Belfry's. Dropped, it drops its
    /// jobs where they stand, as the end of the process would: others get them when their leases have passed.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Broken> {
        // It stops by itself where one of its parts is gone.
        let stop = stop.child_token();
        let out_of_time = CancellationToken::new();
        let last_jobs = self.pace.last_jobs;
        let late = async {
            stop.cancelled().await;
            sleep(last_jobs).await;
            out_of_time.cancel();
            sleep(LAST_WORDS).await;
        };
        let broken = AtomicBool::new(false);
        tokio::select! {
            () = self.work(stop.clone(), out_of_time.clone(), &broken) => {}
            () = late => tracing::warn!("not every job could be handed back; others get them when their leases have passed"),
        }
        match broken.load(Relaxed) {
            true => Err(Broken),
            false => Ok(()),
        }
    }

    async fn work(
        self,
        stop: CancellationToken,
        out_of_time: CancellationToken,
        broken: &AtomicBool,
    ) {
        let _pulse = Pulse::start(Handle::current()).inspect_err(|error| {
            tracing::warn!(%error, "a handler that blocks its thread may block the whole process");
        });
        let (ends, writing) = ends::ends(self.clone());
        let floor = Arc::new(Floor {
            underway: Underway::default(),
            room: Room::new(self.at_once),
            slots: Arc::new(Semaphore::new(self.at_once)),
            suspect: Mutex::new(()),
            ends,
            stop,
            out_of_time,
            reborn: Notify::new(),
            worker: self,
        });
        let mut beside = JoinSet::new();
        beside.spawn(keeper::run(floor.clone()));
        beside.spawn(live::run(floor.clone()));
        beside.spawn(sweep::run(floor.clone()));
        beside.spawn(forgetting::run(floor.clone()));
        beside.spawn(counting::run(floor.clone()));
        let working = async move {
            let break_off = || {
                tracing::error!("a part of the worker broke off: the worker ends");
                broken.store(true, Relaxed);
                floor.stop.cancel();
            };
            let lines = async {
                futures_util::join!(messages::run(floor.clone()), claiming::run(floor.clone()))
            };
            // Boxed, so that what they hold is gone with them.
            let mut lines = Box::pin(AssertUnwindSafe(lines).catch_unwind());
            let ended = loop {
                tokio::select! {
                    ended = &mut lines => break ended,
                    Some(_) = beside.join_next() => break_off(),
                }
            };
            drop(lines);
            if ended.is_err() {
                break_off();
            }
            beside.shutdown().await;
            hand_back_what_is_left(&floor).await;
            // With the floor goes the last way to say how a job ended, and the writing ends.
            drop(floor);
        };
        futures_util::join!(working, writing);
    }

    fn name(&self) -> String {
        self.replica.to_string()
    }

    /// Brings jobs to the queue; false when it cannot be reached, and the sweep has to find them.
    async fn push(&self, tickets: &[Ticket]) -> bool {
        if tickets.is_empty() {
            return true;
        }
        let pushed = self.queue.push(tickets).await;
        if let Err(error) = &pushed {
            tracing::debug!(%error, jobs = tickets.len(), "jobs wait for the sweep");
        }
        pushed.is_ok()
    }

    async fn settle(&self, claims: &[Claim]) {
        if !claims.is_empty()
            && let Err(error) = self.queue.settle(claims).await
        {
            tracing::debug!(%error, "claims will run out");
        }
    }
}

/// Hands back what a line that broke off has left behind.
async fn hand_back_what_is_left(floor: &Floor) {
    for held in floor.underway.all() {
        if floor.underway.end(&held) {
            let run = held.running.run();
            floor.ended(Ended::new(run, Ending::HandedBack)).await;
        }
    }
}
