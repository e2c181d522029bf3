//! Brings jobs back to the queue that it has lost or that a worker has left behind, and ends those that expired.

use std::sync::Arc;

use super::{floor::Floor, live, pace::about};
use crate::{
    domain::timestamp::Timestamp,
    ports::{queue::Line, store::Sweep},
};

/// Rows looked at in one call.
const AT_ONCE: i64 = 500;
/// A line with so many has what to do.
const BACKLOG: u64 = 1_000;

/// Sweeps what is overdue every few seconds, and everything as soon as the queue has lost what it held. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(about(floor.worker.pace.sweep)) => overdue(&floor).await,
            () = floor.reborn.notified() => {
                let before = Timestamp::now();
                sweep(&floor, Sweep::All { before }, &Line::ALL).await;
            }
        }
    }
}

async fn overdue(floor: &Floor) {
    let Ok(backlog) = floor.worker.queue.backlog().await else {
        // Nothing could be brought to it.
        return;
    };
    floor.worker.metrics.queued(&backlog);
    // Behind a backlog, jobs are late and not lost; handing them out again would only make it longer.
    let lines = Line::ALL.into_iter();
    let short: Vec<Line> = lines.filter(|line| backlog.of(*line) < BACKLOG).collect();
    sweep(floor, Sweep::Overdue, &short).await;
}

async fn sweep(floor: &Floor, which: Sweep, lines: &[Line]) {
    let worker = &floor.worker;
    loop {
        let lease = worker.pace.delivery;
        let swept = match worker.store.sweep_jobs(which, lines, lease, AT_ONCE).await {
            Ok(swept) => swept,
            Err(error) => {
                error.log("jobs could not be swept");
                return;
            }
        };
        if swept.is_empty() {
            return;
        }
        worker.metrics.jobs_swept.inc_by(swept.tickets.len() as u64);
        live::tell(worker, &swept.ended);
        if !worker.push(&swept.tickets).await {
            return;
        }
    }
}
