//! What the parts of a worker share while it works.

use std::sync::Arc;

use tokio::sync::{Mutex, Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::{Worker, ends::Ended, room::Room, underway::Underway};

/// What the parts of a worker share.
pub(super) struct Floor {
    pub(super) worker: Worker,
    pub(super) underway: Underway,
    pub(super) room: Arc<Room>,
    /// How many jobs may be done at once.
    pub(super) slots: Arc<Semaphore>,
    /// Locked while a suspect is done: one at a time, whichever line it came from.
    pub(super) suspect: Mutex<()>,
    /// Where it is said how jobs ended.
    pub(super) ends: mpsc::Sender<Ended>,
    /// Nothing more is begun.
    pub(super) stop: CancellationToken,
    /// Nothing goes on.
    pub(super) out_of_time: CancellationToken,
    /// The queue has lost what it held.
    pub(super) reborn: Notify,
}

impl Floor {
    /// Says how a job ended; waits while too many such words wait for the store.
    pub(super) async fn ended(&self, ended: Ended) {
        // The receiver outlives the floor.
        let _ = self.ends.send(ended).await;
    }
}
