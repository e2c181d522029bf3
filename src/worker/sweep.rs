//! Brings jobs back to the queue that it has lost or that a worker has left behind, and ends those that expired.

use std::{sync::Arc, time::Duration};

use super::{floor::Floor, live, pace::about};
use crate::{
    domain::timestamp::Timestamp,
    ports::{
        BackendError,
        queue::{Line, Ticket},
        store::Sweep,
    },
};

/// Rows looked at in one call.
const AT_ONCE: i64 = 500;
/// A line with so many has what to do.
const BACKLOG: u64 = 1_000;
/// Behind such a line, so many of those that count as lost are handed out by each sweep: no more than it can bear, should they all
/// still be in it.
const LOST_AT_ONCE: i64 = 50;
/// Between two tries to hand out everything.
const AGAIN: Duration = Duration::from_secs(1);

/// Sweeps what is overdue every few seconds, and everything as soon as the queue has lost what it held. Never ends.
pub(super) async fn run(floor: Arc<Floor>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(about(floor.worker.pace.sweep)) => overdue(&floor).await,
            () = floor.reborn.notified() => everything(&floor).await,
        }
    }
}

/// Hands out what is overdue, as long as its line is short. Behind a long one, jobs are late and not lost; handing them out again would
/// only make it longer.
async fn overdue(floor: &Floor) {
    let worker = &floor.worker;
    let mut first = true;
    // Looked at in each round: what is handed out makes lines longer.
    while let Ok(backlog) = worker.queue.backlog().await {
        worker.metrics.jobs.queued(&backlog);
        let (short, long): (Vec<Line>, Vec<Line>) = Line::ALL
            .into_iter()
            .partition(|line| backlog.of(*line) < BACKLOG);
        if std::mem::take(&mut first)
            && !long.is_empty()
            && let Ok(lost) = sweep(floor, Sweep::Lost, &long, LOST_AT_ONCE).await
            && !worker.push(&lost.tickets).await
        {
            return;
        }
        match sweep(floor, Sweep::Overdue, &short, AT_ONCE).await {
            Ok(swept) if !swept.nothing && worker.push(&swept.tickets).await => {}
            _ => return,
        }
    }
}

/// Hands out all that waited when the queue was found to have lost what it held. Nobody will say so again: it goes on until it is done,
/// however often the store or the queue is away.
async fn everything(floor: &Floor) {
    let which = Sweep::All {
        before: Timestamp::now(),
    };
    loop {
        match sweep(floor, which, &Line::ALL, AT_ONCE).await {
            Ok(swept) if swept.nothing => return,
            // The store has noted them as handed out, and does not find them again so soon.
            Ok(swept) => {
                while !floor.worker.push(&swept.tickets).await {
                    tokio::time::sleep(about(AGAIN)).await;
                }
            }
            Err(_) => tokio::time::sleep(about(AGAIN)).await,
        }
    }
}

/// What a sweep found for the queue.
struct ForTheQueue {
    tickets: Vec<Ticket>,
    /// And nothing that has ended either.
    nothing: bool,
}

/// One sweep; the owners of what it has ended are told.
async fn sweep(
    floor: &Floor,
    which: Sweep,
    lines: &[Line],
    limit: i64,
) -> Result<ForTheQueue, BackendError> {
    let worker = &floor.worker;
    let lease = worker.pace.delivery;
    let swept = worker.store.sweep_jobs(which, lines, lease, limit).await;
    let swept = swept.inspect_err(|error| error.log("jobs could not be swept"))?;
    worker.metrics.jobs.swept.inc_by(swept.tickets.len() as u64);
    live::tell(worker, &swept.ended);
    Ok(ForTheQueue {
        nothing: swept.is_empty(),
        tickets: swept.tickets,
    })
}
