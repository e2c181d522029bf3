//! The worker: takes jobs from the queue, does them, and commits what came of them. Beside the servers or inside one.

pub mod enrich;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use self::enrich::Enricher;
use crate::{
    domain::id::ReplicaId,
    jobs::Handlers,
    metrics::Metrics,
    ports::{queue::Queue, store::Store},
    room::tracker::Telling,
};

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
    /// This process.
    pub replica: ReplicaId,
    /// How many jobs it does at once, beside those that come with messages.
    pub at_once: usize,
}

impl Worker {
    /// Works until `stop`. What has been taken by then is finished, or handed back within 2 s, so that another worker does it at once.
    /// Ends within 5 s of `stop` when queue and store answer.
    pub async fn run(self, stop: CancellationToken) {
        stop.cancelled().await;
    }
}
