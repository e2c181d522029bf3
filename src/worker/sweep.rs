//! Brings jobs back to the queue that it has lost, or that wait for another attempt.

use std::{sync::Arc, time::Duration};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::timestamp::Timestamp,
    metrics::Metrics,
    ports::{
        queue::Queue,
        store::{FIRST_LEASE, Store, Sweep},
    },
};

const EVERY: Duration = Duration::from_secs(5);
const AT_ONCE: i64 = 500;
const BACKLOG: u64 = 1_000;

/// Sweeps what is overdue until `stop`.
pub(super) async fn run(
    store: Arc<dyn Store>,
    queue: Arc<dyn Queue>,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {
                // Behind a backlog, jobs are late and not lost; handing them out again would only make it longer.
                if queue.len().await.is_ok_and(|waiting| waiting < BACKLOG) {
                    sweep(&store, &queue, &metrics, Sweep::Overdue).await;
                }
            }
        }
    }
}

/// Sweeps everything that was committed before now: the queue has lost what it held.
pub(super) async fn everything(store: &Arc<dyn Store>, queue: &Arc<dyn Queue>, metrics: &Metrics) {
    sweep(
        store,
        queue,
        metrics,
        Sweep::All {
            before: Timestamp::now(),
        },
    )
    .await;
}

async fn sweep(store: &Arc<dyn Store>, queue: &Arc<dyn Queue>, metrics: &Metrics, which: Sweep) {
    loop {
        let jobs = match store.sweep_jobs(which, FIRST_LEASE, AT_ONCE).await {
            Ok(jobs) => jobs,
            Err(error) => {
                error.log("jobs could not be swept");
                return;
            }
        };
        if jobs.is_empty() {
            return;
        }
        metrics.jobs_swept.inc_by(jobs.len() as u64);
        if let Err(error) = queue.push(&jobs).await {
            tracing::warn!(%error, "swept jobs wait for the next sweep");
            return;
        }
    }
}
