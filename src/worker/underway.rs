//! The jobs that are being done here: who holds each until when, and what its owner was last told.

use std::{collections::HashMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Worker, live};
use crate::{
    domain::job::Run,
    jobs::Running,
    ports::store::{Keep, Started},
};

/// All jobs that are being done here.
#[derive(Default)]
pub(super) struct Underway(Mutex<HashMap<Run, Arc<Held>>>);

/// One of them.
pub(super) struct Held {
    /// What its handler sees of it.
    pub(super) running: Running,
    /// Cancelled when nobody here may do it any more: another worker may have it.
    pub(super) lost: CancellationToken,
    cancel: CancellationToken,
    state: Mutex<HeldState>,
}

struct HeldState {
    lease_until: Instant,
    /// When it is over whatever its handler does: its time limit, or the end of its grace.
    ends_at: Instant,
    kept_percent: u8,
    told_percent: u8,
    /// Whether somebody has taken it on themselves to say how it ended.
    is_over: bool,
    is_cancelled: bool,
}

impl Underway {
    /// Begins with a job whose lease holds until then.
    pub(super) fn begin(
        &self,
        started: Started,
        lease_until: Instant,
        limit: Duration,
        lost: CancellationToken,
        worker: &Worker,
    ) -> Arc<Held> {
        let run = started.run;
        let cancel = CancellationToken::new();
        let held = Arc::new(Held {
            running: Running::new(started, worker.store.clone(), cancel.clone()),
            lost,
            cancel,
            state: Mutex::new(HeldState {
                lease_until,
                ends_at: Instant::now() + limit,
                kept_percent: 0,
                told_percent: 0,
                is_over: false,
                is_cancelled: false,
            }),
        });
        self.0.lock().insert(run, held.clone());
        held
    }

    /// Takes it on oneself to say how a job ended: true for one caller only. Nothing more is told of its progress.
    pub(super) fn end(&self, held: &Held) -> bool {
        let is_first = !std::mem::replace(&mut held.state.lock().is_over, true);
        if is_first {
            self.0.lock().remove(&held.running.run());
        }
        is_first
    }

    /// Another worker has it: its handler is dropped, and nothing is written.
    pub(super) fn lose(&self, held: &Held) {
        if self.end(held) {
            held.lost.cancel();
        }
    }

    /// One of them.
    pub(super) fn find(&self, run: Run) -> Option<Arc<Held>> {
        self.0.lock().get(&run).cloned()
    }

    /// All of them, as of now.
    pub(super) fn all(&self) -> Vec<Arc<Held>> {
        self.0.lock().values().cloned().collect()
    }
}

impl Held {
    /// What is to be asked of the store: the lease, and the progress if the store does not know it.
    pub(super) fn keep(&self) -> Keep {
        let percent = self.running.percent();
        Keep {
            run: self.running.run(),
            progress: (percent != self.state.lock().kept_percent).then_some(percent),
        }
    }

    /// The store has renewed the lease, and noted the progress.
    pub(super) fn kept(&self, until: Instant, progress: Option<u8>) {
        let mut state = self.state.lock();
        state.lease_until = until;
        if let Some(percent) = progress {
            state.kept_percent = percent;
        }
    }

    /// Another worker may have it soon: its handler is dropped, and then it is handed back. True the first time.
    pub(super) fn let_go(&self) -> bool {
        let is_first = !self.lost.is_cancelled();
        self.lost.cancel();
        is_first
    }

    /// Its owner wants it ended: by itself within `grace`.
    pub(super) fn cancel(&self, grace: Duration) {
        let mut state = self.state.lock();
        if !std::mem::replace(&mut state.is_cancelled, true) {
            state.ends_at = state.ends_at.min(Instant::now() + grace);
        }
        drop(state);
        self.cancel.cancel();
    }

    /// Ends when its owner wants it ended.
    pub(super) async fn cancelled(&self) {
        self.cancel.cancelled().await;
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.state.lock().is_cancelled
    }

    pub(super) fn is_over(&self) -> bool {
        self.state.lock().is_over
    }

    /// When another worker may have it, if the lease is not renewed.
    pub(super) fn lease_until(&self) -> Instant {
        self.state.lock().lease_until
    }

    /// When it is over whatever its handler does.
    pub(super) fn ends_at(&self) -> Instant {
        self.state.lock().ends_at
    }

    /// Tells its owner how far it is, if that is news; nothing after its end.
    pub(super) fn tell_progress(&self, worker: &Worker) {
        let percent = self.running.percent();
        // Held while telling: who says how it ended waits, and so comes after this.
        let mut state = self.state.lock();
        if !state.is_over && percent != state.told_percent {
            state.told_percent = percent;
            live::tell_progress(worker, self.running.job(), percent);
        }
    }
}
